"""A task that only tests know goes through the ordinary commands: trained, killed, resumed, refused."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from tests.tasks import toy_points

from striate.actions.load import load
from striate.actions.train import train
from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError
from striate.events import EpochEnded
from striate.inference.predictor import Predictor
from striate.runs.weights import read_weights
from striate.trainer import finish

ROOT = Path(__file__).parent.parent.parent
STRIATE = [sys.executable, "-m", "tests.tasks.toy_points"]
COMMAND = ["--task", "toy", "--lr", "0.01", "--fit", "pad", "--epochs", "12", "--precision", "32-true"]


def striate(*words):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    command = [*STRIATE, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)


@pytest.fixture(scope="module")
def spots(tmp_path_factory):
    return toy_points.write_spots(tmp_path_factory.mktemp("spots"), 60)


def logged(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def test_what_is_learned_from_the_data_is_kept_for_all_who_read_outputs(spots, tmp_path, monkeypatch):
    toy_points.register(monkeypatch)
    task = toy_points.FIND_SPOT
    monkeypatch.setattr(
        task, "learned", lambda truths: {"pictures": float(len(truths)), "names": ["x", "y"]}, raising=False
    )
    monkeypatch.setattr(task, "in_percent", ("distance",), raising=False)
    contexts = []
    for name in ("metric", "decode", "figures"):
        asked = getattr(task, name)

        def seen(*given, asked=asked):
            contexts.append(given[-1])
            return asked(*given)

        monkeypatch.setattr(task, name, seen)
    wanted = []

    def outputs(_, learned):
        wanted.append(learned["pictures"])
        return len(learned["names"])

    monkeypatch.setattr(task, "outputs", outputs)
    run = train(spots, task="toy", epochs=1, out=tmp_path, name="run").path
    learned = {"pictures": 42.0, "names": ["x", "y"]}
    assert json.loads((run / "task.json").read_text()) == {"in_percent": ["distance"], "learned": learned}
    assert wanted[-1] == 42, "of the training part alone"
    assert len(contexts) > 3 and all(one.learned == learned and one.outputs == 2 for one in contexts)
    assert load(run).context.learned == learned
    assert "distance" in (run / "report.html").read_text()

    monkeypatch.setattr(task, "understands", lambda learned, count: len(learned["names"]) == count)
    assert load(run).context.outputs == 2
    for damaged, message in (
        (
            {"learned": {**learned, "names": ["x"]}},
            "what toy has learned .* not belong to 2",
        ),
        ({"learned": {"names": [["x"]]}}, "task.json is damaged"),
        ({"learned": [1]}, "task.json is damaged"),
    ):
        (run / "task.json").write_text(json.dumps(damaged))
        with pytest.raises(StriateError, match=message):
            load(run)


@pytest.fixture(scope="module")
def whole(spots, tmp_path_factory):
    """An unbroken run."""
    out = tmp_path_factory.mktemp("whole")
    done = striate("train", spots, *COMMAND, "--out", out, "--name", "run", "--json")
    return out / "toy" / "run", json.loads(done.stdout)


def test_a_task_that_does_not_calibrate_never_holds_the_outputs_of_a_whole_part(spots, tmp_path, monkeypatch):
    """Maps of a part at once would not fit into memory."""
    toy_points.register(monkeypatch)
    decoded = []
    answers = Predictor.answers

    def counted(self, outputs, *more):
        decoded.append(len(outputs[0]))
        return answers(self, outputs, *more)

    monkeypatch.setattr(Predictor, "answers", counted)
    monkeypatch.setattr(finish, "TOGETHER", 4)
    train(spots, task="toy", lr=0.01, fit="pad", epochs=1, out=tmp_path)
    assert decoded == [4, 4, 1, 4, 4, 1]  # nine pictures of validation, nine of the test part


def test_it_trains_through_the_command_and_its_run_says_what_it_is(whole, spots):
    run, result = whole
    assert result["task"] == "toy" and list(result["metrics"]) == ["distance"]
    assert result["pictures"]["train"] == 42 and json.loads((run / "labels.json").read_text()) == []
    data = json.loads((run / "dataset.json").read_text())
    assert data["classes"] == [] and data["counts"] == {"train": {}, "validation": {}, "test": {}}
    assert data["notes"] == ["split 70/15/15: 42 train, 9 validation, 9 test"]
    with safe_open(run / "best.safetensors", "pt") as file:
        assert json.loads(file.metadata()["striate"])["task"] == "toy"
    header = (run / "predictions.csv").read_text().splitlines()[0]
    assert header == '"file","true_x","true_y","x","y"'


def test_it_has_learned_where_the_spot_is(whole, spots):
    # Guessing the middle of 60 x 40 pixels misses by about 15; a network that saw nothing cannot do better.
    run, result = whole
    assert result["metrics"]["distance"] < 10
    truths = {item.name: item.truth for item in open_dataset(spots, truths=("points",), classes=0).items}
    lines = [line.split(",") for line in (run / "predictions.csv").read_text().splitlines()[1:]]
    apart = []
    for name, true_x, true_y, x, y in lines:
        assert [float(true_x), float(true_y)] == pytest.approx(truths[name.strip('"')].points[0].tolist())
        apart.append(((float(x) - float(true_x)) ** 2 + (float(y) - float(true_y)) ** 2) ** 0.5)
    assert sum(apart) / len(apart) == pytest.approx(result["metrics"]["distance"], abs=1e-3)


def test_killed_and_resumed_it_ends_with_the_same_bytes(whole, spots, tmp_path):
    words = ["train", spots, *COMMAND, "--out", tmp_path, "--name", "run", "--checkpoint-seconds", "0.01"]
    process = subprocess.Popen(
        [*STRIATE, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    run, until = tmp_path / "toy" / "run", time.monotonic() + 120
    metrics = run / "metrics.jsonl"
    while not (metrics.is_file() and metrics.read_text().count("\n") >= 3):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (run / "result.json").exists()
    striate("train", "--resume", run)
    for name in ("best.safetensors", "predictions.csv", "validation.csv"):
        assert (run / name).read_bytes() == (whole[0] / name).read_bytes()
    assert logged(run) == logged(whole[0])


@pytest.fixture
def known(monkeypatch):
    toy_points.register(monkeypatch)


@pytest.mark.usefixtures("known")
def test_every_loss_and_figure_of_the_task_is_logged(spots, tmp_path):
    seen = []
    run = train(spots, task="toy", epochs=1, out=tmp_path, on_event=seen.append)
    line = json.loads((run.path / "metrics.jsonl").read_text())
    assert {"train_loss", "train_sideways", "validation_loss", "validation_distance"} <= line.keys()
    assert 0 < line["train_sideways"] < line["train_loss"]
    (ended,) = [event for event in seen if isinstance(event, EpochEnded)]
    assert ended.values["train_sideways"] == line["train_sideways"]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"balance": "focal"}, "--balance is not known for toy, only for classify; leave it out"),
        (
            {"label_smoothing": 0.1},
            "--label-smoothing is not known for toy, only for classify and locate; leave it out",
        ),
        ({"label_smoothing": 0.1}, "--label-smoothing is not known for toy"),
        ({"transfer": "probe"}, "--transfer probe is not known for toy; allowed: auto, scratch, frozen"),
        ({"augment": "mixup"}, "mixed pictures have two classes, and toy learns from more"),
    ],
)
def test_options_that_it_does_not_read_are_refused(spots, tmp_path, given, message):
    with pytest.raises(StriateError, match=message):
        train(spots, task="toy", out=tmp_path / "runs", **given)
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("known")
def test_data_of_another_task_names_the_one_that_suits(spots, digits, tmp_path):
    with pytest.raises(StriateError, match=r"has classes of whole pictures, and toy learns from landmarks"):
        train(digits, task="toy", out=tmp_path)
    with pytest.raises(
        StriateError, match=r"has landmarks, and classify learns from classes.*--task landmarks"
    ):
        train(spots, out=tmp_path)


@pytest.mark.usefixtures("known")
def test_truths_that_the_task_finds_wrong_are_refused_with_their_file(spots, tmp_path):
    lines = spots.read_text().splitlines()
    two = spots.with_name("two.csv")
    two.write_text("\n".join([f"{lines[0]},x2,y2", *(f"{line},1,1" for line in lines[1:])]))
    with pytest.raises(StriateError, match=r"000\.png: a spot is one point; toy cannot learn from that"):
        train(two, task="toy", out=tmp_path)


@pytest.mark.usefixtures("known")
def test_pictures_without_a_truth_are_left_out_and_counted(spots, tmp_path, monkeypatch):
    dataset = open_dataset(spots, truths=("points",), classes=0)
    from dataclasses import replace

    from striate.data.sample import Truth
    from striate.trainer.pictures import truths as opening

    dataset.items = (replace(dataset.items[0], truth=Truth()), *dataset.items[1:])
    monkeypatch.setattr(opening, "open_dataset", lambda *_, **__: dataset)
    run = train(spots, task="toy", epochs=1, out=tmp_path)
    data = json.loads((run.path / "dataset.json").read_text())
    assert "1 picture without what toy learns from left out" in data["notes"]
    assert sum(len(names) for names in data["split"].values()) == 59


def test_weights_without_a_task_are_a_classifiers(digits_run):
    _, architecture = read_weights(digits_run / "best.safetensors")
    assert architecture["task"] == "classify"


@pytest.mark.usefixtures("known")
def test_a_classifiers_run_gives_everything_but_its_head(spots, tmp_path):
    folder = tmp_path / "classes"
    for label in "ab":
        toy_points.write_spots(folder / label, 12, seed=ord(label))
        (folder / label / "spots.csv").unlink()
    parent = train(folder, model="striate_small", image_size=32, epochs=1, out=tmp_path)
    told = []
    run = train(spots, task="toy", weights=parent.path, epochs=1, lr=1e-7, out=tmp_path, on_event=told.append)
    assert any("is a run of classify, so the head is a new one" in str(event) for event in told)
    before, _ = read_weights(parent.path / "best.safetensors")
    after, architecture = read_weights(run.path / "best.safetensors")
    assert architecture["task"] == "toy"
    filters = [name for name in before if before[name].ndim == 4]
    heads = [name for name in before if before[name].ndim == 2]
    assert filters and all(torch.allclose(before[name], after[name], atol=1e-4) for name in filters)
    assert heads and not any(torch.allclose(before[name], after[name], atol=1e-4) for name in heads)
