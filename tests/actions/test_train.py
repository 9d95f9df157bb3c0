"""Training as a person would: folders in, a complete and honest run out."""

import csv
import json
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.conftest import write_digits

import striate
from striate.actions.train import train
from striate.errors import StriateError
from striate.events import Note, Warned
from striate.inference.predictor import Predictor
from striate.models.weights.pretrained import find_weights
from striate.trainer import finish

NAMES = {
    *("format", "config.toml", "dataset.json", "environment.json", "metrics.jsonl", "checkpoint.safetensors"),
    *("best.safetensors", "preprocess.json", "labels.json", "calibration.json", "evaluation.json"),
    *("predictions.csv", "validation.csv", "result.json", "report.html", "pictures"),
    *("engine.json", "task.json"),
}


def test_a_run_is_complete_and_counts_add_up(digits_run):
    assert {path.name for path in digits_run.iterdir()} == NAMES
    result = json.loads((digits_run / "result.json").read_text())
    pictures = result["pictures"]
    assert pictures["train"] + pictures["validation"] + pictures["test"] == 120 and pictures["skipped"] == 0
    record = json.loads((digits_run / "dataset.json").read_text())
    names = [name for part in record["split"].values() for name in part]
    assert len(names) == len(set(names)) == 120
    assert result["split"] == "test" and result["metrics"]["accuracy"] > 0.7


def test_accuracy_is_what_the_predictions_say(digits_run):
    with (digits_run / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    result = json.loads((digits_run / "result.json").read_text())
    assert len(rows) == result["pictures"]["test"]
    right = sum(row["label"] == row["predicted"] for row in rows)
    assert result["metrics"]["accuracy"] == pytest.approx(right / len(rows))
    assert all(row["label"] == row["file"].split("/")[0] for row in rows)


def test_test_pictures_neither_train_nor_select(digits_run, digits):
    record = json.loads((digits_run / "dataset.json").read_text())
    digests = {part: set(found) for part, found in record["digests"].items()}
    assert digests["test"].isdisjoint(digests["train"] | digests["validation"])


def test_every_setting_is_written_down(digits_run):
    config = tomllib.loads((digits_run / "config.toml").read_text())
    assert config["seed"] == 0 and config["model"] == "lenet5" and config["epochs"] == 8
    resolved = config["resolved"]
    assert resolved["parameters"] == 61_706 - 7 * 85  # three classes instead of ten
    assert resolved["threads"] == torch.get_num_threads() and resolved["stages"][0]["lr"] == 4e-3
    assert config["command"].startswith("striate train ") and "--model lenet5" in config["command"]


def test_the_same_seed_gives_the_same_network_and_another_one_does_not(digits, tmp_path):
    runs = [train(digits, model="lenet5", epochs=1, seed=seed, out=tmp_path) for seed in (5, 5, 6)]
    best = [(run.path / "best.safetensors").read_bytes() for run in runs]
    assert best[0] == best[1] != best[2]
    assert len({run.path for run in runs}) == 3


def test_training_leaves_the_callers_randomness_alone(digits, tmp_path):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    train(digits, model="lenet5", epochs=1, out=tmp_path)
    assert torch.equal(torch.rand(3), expected)


def test_bad_files_are_named_and_skipped(digits, tmp_path):
    data = shutil.copytree(digits, tmp_path / "data")
    (data / "digit 0" / "broken.png").write_bytes(b"not a picture")
    (data / "digit 1" / "empty.jpg").write_bytes(b"")
    events = []
    run = train(data, model="lenet5", epochs=1, out=tmp_path, on_event=events.append)
    assert run.result["pictures"]["skipped"] == 2
    said = [event.text for event in events if isinstance(event, Warned)]
    assert any("digit 0/broken.png" in text for text in said) and any(
        "digit 1/empty.jpg" in text for text in said
    )
    record = json.loads((run.path / "dataset.json").read_text())
    assert {entry["file"] for entry in record["skipped"]} == {"digit 0/broken.png", "digit 1/empty.jpg"}
    assert "broken.png" in (run.path / "report.html").read_text()
    with pytest.raises(StriateError, match=r"2 pictures cannot be used.*leave out --strict"):
        train(data, model="lenet5", epochs=1, strict=True, out=tmp_path / "strict")
    assert not (tmp_path / "strict").exists()


def test_a_given_validation_part_becomes_the_test_part(tmp_path):
    write_digits(tmp_path / "data" / "train", "01", 30)
    write_digits(tmp_path / "data" / "val", "01", 10, first=100)
    run = train(tmp_path / "data", model="lenet5", epochs=1, out=tmp_path)
    record = json.loads((run.path / "dataset.json").read_text())
    assert (
        all(name.startswith("val") for name in record["split"]["test"]) and len(record["split"]["test"]) == 20
    )
    assert all(name.startswith("train") for name in record["split"]["validation"])


def test_a_run_of_a_table_is_called_after_it_without_the_suffix(tmp_path):
    data = write_digits(tmp_path / "data.v1", "01", 10)
    names = sorted(str(path.relative_to(tmp_path)) for path in data.rglob("*.png"))
    rows = [f"{name},{Path(name).parent.name}" for name in names]
    (tmp_path / "spots.csv").write_text("image,label\n" + "\n".join(rows) + "\n")
    for path, name in ((tmp_path / "spots.csv", "spots-lenet5"), (data, "data.v1-lenet5")):
        assert train(path, model="lenet5", epochs=1, out=tmp_path / "runs").path.name == name


def test_without_a_test_part_people_are_told(tmp_path):
    data = write_digits(tmp_path / "data", "01", 8)
    names = [f"digit {label}/{number:03}.png" for label in "01" for number in range(8)]
    rows = [f"{name},{'validation' if number % 4 == 0 else 'train'}" for number, name in enumerate(names)]
    rows = [row.replace("validation", "test") if "digit" in row else row for row in rows]
    (tmp_path / "split.csv").write_text("image,split\n" + "\n".join(rows) + "\n")
    run = train(data, model="lenet5", epochs=1, split=tmp_path / "split.csv", out=tmp_path)
    assert run.result["split"] == "test"
    tiny = write_digits(tmp_path / "tiny", "01", 2)  # fewer than three pictures a class: training alone
    events = []
    run = train(tiny, model="lenet5", epochs=1, out=tmp_path, on_event=events.append)
    assert run.result["split"] == "validation" and run.result["pictures"]["test"] == 0
    assert set(run.metrics.values()) == {None}  # nothing was measured, so nothing is claimed
    assert (run.path / "report.html").is_file()
    assert any("left for validation" in event.text for event in events if isinstance(event, Warned))


def test_another_data_set_can_be_the_test(digits, tmp_path):
    other = write_digits(tmp_path / "other", "01", 12, first=200)
    shutil.copy(digits / "digit 0" / "007.png", other / "digit 0" / "seen.png")
    events = []
    run = train(digits, model="lenet5", epochs=2, test=other, out=tmp_path, on_event=events.append)
    assert run.result["pictures"] == {"train": 101, "validation": 18, "test": 25, "skipped": 0}
    assert run.result["split"] == "test"
    record = json.loads((run.path / "dataset.json").read_text())
    assert "digit 0/007.png" not in record["split"]["train"] + record["split"]["validation"]
    assert any(
        event.text.startswith("left out for looking like pictures of") and event.text.endswith(": 1 picture")
        for event in events
        if isinstance(event, Note)
    )
    assert record["counts"]["test"] == {"digit 0": 13, "digit 1": 12, "digit 2": 0}
    again = striate.evaluate(run)
    assert again.split == "test" and again.metrics == run.metrics


def test_the_own_test_part_is_left_out_where_another_one_is_measured(tmp_path):
    write_digits(tmp_path / "data" / "train", "01", 20)
    write_digits(tmp_path / "data" / "val", "01", 5, first=100)
    write_digits(tmp_path / "data" / "test", "01", 5, first=200)
    run = train(tmp_path / "data", model="lenet5", epochs=1, test=tmp_path / "data" / "test", out=tmp_path)
    record = json.loads((run.path / "dataset.json").read_text())
    assert {name.split("/")[0] for name in record["split"]["train"]} == {"train"}
    assert {name.split("/")[0] for name in record["split"]["validation"]} == {"val"}
    assert run.result["pictures"] == {"train": 40, "validation": 10, "test": 10, "skipped": 0}


def test_a_wrong_test_set_is_said_before_anything_is_trained(digits, tmp_path):
    stranger = write_digits(tmp_path / "stranger", "78", 3)
    for test, message in ((tmp_path / "nowhere", "nowhere"), (stranger, "shares no class")):
        with pytest.raises(StriateError, match=message):
            train(digits, model="lenet5", epochs=1, test=test, out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_picture_in_two_given_parts_is_said(tmp_path):
    write_digits(tmp_path / "data" / "train", "01", 20)
    write_digits(tmp_path / "data" / "test", "01", 6, first=100)
    shutil.copy(tmp_path / "data/train/digit 0/000.png", tmp_path / "data/test/digit 0/leak.png")
    events = []
    run = train(tmp_path / "data", model="lenet5", epochs=1, out=tmp_path, on_event=events.append)
    said = [event.text for event in events if isinstance(event, Warned)]
    assert sum("more than one part" in text and "leak.png" in text for text in said) == 1  # told once
    assert "leak.png" in (run.path / "report.html").read_text()


def test_neither_selection_nor_calibration_nor_normalisation_sees_the_test_part(tmp_path):
    """With other pictures and wrong labels in the test part, everything but its figures stays the same."""
    best = []
    for name, first, labels in (("right", 200, "01"), ("wrong", 260, "10")):
        data = tmp_path / name / "data"
        write_digits(data / "train", "01", 24)
        write_digits(data / "val", "01", 8, first=100)
        write_digits(tmp_path / name / "source", labels, 8, first=first)
        for label, given in zip("01", labels, strict=True):
            shutil.copytree(tmp_path / name / "source" / f"digit {given}", data / "test" / f"digit {label}")
        run = train(data, model="lenet5", epochs=4, out=tmp_path / name)
        files = ("best.safetensors", "calibration.json", "preprocess.json")
        best.append(([(run.path / file).read_bytes() for file in files], run.metrics["accuracy"]))
    assert best[0][0] == best[1][0]
    assert best[0][1] > 0.8
    assert best[1][1] < 0.2


def test_relative_paths_of_a_run_are_found_again_from_elsewhere(digits, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    shutil.copytree(digits, "data")
    names = [str(path.relative_to("data")) for path in sorted(Path("data").rglob("*.png"))]
    parts = ["test", "validation", "train", "train"]
    lines = [f"{name},{parts[number % 4]}" for number, name in enumerate(names)]
    Path("split.csv").write_text("image,split\n" + "\n".join(lines) + "\n")
    run = train("data", model="lenet5", epochs=1, split="split.csv", out="runs")
    before = (run.path / "evaluation.json").read_bytes()
    path = run.path.resolve()
    (path / "evaluation.json").unlink()
    (path / ".checkpoint.safetensors.k1ll3d_x.part").write_bytes(b"left by a kill")
    monkeypatch.chdir(tmp_path)
    train(resume=path)
    assert (path / "evaluation.json").exists() and not list(path.glob(".*.part"))
    assert json.loads((path / "evaluation.json").read_text())["metrics"] == json.loads(before)["metrics"]


def test_own_weights_start_any_network(digits, digits_run, tmp_path):
    run = train(
        digits, model="lenet5", weights=digits_run / "best.safetensors", epochs=1, lr=1e-6, out=tmp_path
    )
    assert run.metrics["accuracy"] > 0.8  # a rate of nothing keeps what the weights know


def test_a_network_with_one_output_trains_on_two_classes(tmp_path):
    data = write_digits(tmp_path / "data", "01", 24)
    run = train(data, model="book_cats_dogs", image_size=64, epochs=3, lr=1e-3, out=tmp_path)
    network = striate.load(run)
    answer = network.predict(data / "digit 0" / "000.png")
    assert {label for label, _ in answer.top} == {"digit 0", "digit 1"}
    assert sum(value for _, value in answer.top) == pytest.approx(1)
    assert run.metrics["accuracy"] > 0.7


def test_photographs_start_from_pretrained_weights_and_the_new_head_is_said(tmp_path):
    for name, colour in (("red", (200, 30, 30)), ("blue", (30, 30, 200))):
        (tmp_path / "data" / name).mkdir(parents=True)
        for i in range(8):
            Image.effect_noise((90, 80), 40 + i).convert("RGB").point(lambda v: v).save(tmp_path / f"{i}.png")
            noise = Image.open(tmp_path / f"{i}.png")
            Image.blend(noise, Image.new("RGB", noise.size, colour), 0.7).save(
                tmp_path / "data" / name / f"{i}.png"
            )
    events = []
    run = train(tmp_path / "data", image_size=64, epochs=2, out=tmp_path, on_event=events.append)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any("efficientnet_lite0" in text and "photographs" in text for text in notes)
    assert any("head of 1,000 outputs was replaced by a new one of 2" in text for text in notes)
    stages = tomllib.loads((run.path / "config.toml").read_text())["resolved"]["stages"]
    assert [stage["name"] for stage in stages] == ["head", "finetune"]
    assert stages[0]["trainable"] == 1280 * 2 + 2 < stages[1]["trainable"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": "resnet5"}, r"unknown model 'resnet5'\. Did you mean"),
        ({"epochs": 0}, "--epochs 0: input should be greater than or equal to 1"),
        ({"augment": "wild"}, r"unknown augmentation 'wild'\. Allowed: auto, none, light, shift, photo"),
        ({"weights": "imagenet"}, "--weights needs --model"),
        ({"model": "lenet5", "weights": "nothing.pth"}, r"--weights nothing\.pth is no file"),
        ({"device": "tpu9"}, "--device tpu9 is not to be had here"),
        ({"task": "dream"}, "unknown task 'dream'"),
    ],
)
def test_a_wrong_option_is_one_clear_line_and_makes_no_run(digits, tmp_path, given, message):
    with pytest.raises(StriateError, match=message) as raised:
        train(digits, out=tmp_path / "runs", **given)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "runs").exists()


def test_a_file_holds_options_and_the_call_wins(digits, tmp_path):
    (tmp_path / "mine.toml").write_text(f'data = "{digits}"\nmodel = "lenet5"\nepochs = 3\nout = "there"\n')
    run = train(config=tmp_path / "mine.toml", epochs=1)
    assert run.path.parent == tmp_path / "there" / "classify"
    assert run.result["epochs"] == 1
    (tmp_path / "wrong.toml").write_text(f'data = "{digits}"\nepoch = 3\n')
    with pytest.raises(StriateError, match="--epoch is no option of train; allowed: data, task, model"):
        train(config=tmp_path / "wrong.toml")


def test_a_file_holds_one_s_own_augmentation_and_the_run_keeps_its_numbers(digits, tmp_path):
    (tmp_path / "mine.toml").write_text('augment = {preset = "light", rotate = 20, mixup = 0.2}\n')
    run = train(digits, config=tmp_path / "mine.toml", model="lenet5", epochs=1, out=tmp_path / "runs")
    kept = tomllib.loads((run.path / "config.toml").read_text())
    assert kept["augment"] == {"preset": "light", "rotate": 20, "mixup": 0.2}
    ranges = kept["resolved"]["augmentation_ranges"]
    assert ranges["geometry"]["rotate"] == 20 and ranges["geometry"]["shear"] == 5
    assert ranges["mixing"]["mixup"] == 0.2 and kept["resolved"]["augmentation"] == "own"
    (tmp_path / "wrong.toml").write_text('augment = {rotate = "far"}\n')
    with pytest.raises(StriateError, match="rotate = 'far' is not possible; allowed: a number"):
        train(digits, config=tmp_path / "wrong.toml", out=tmp_path / "none")


def test_the_recorded_command_of_one_s_own_augmentation_trains_the_same_network(digits, tmp_path):
    (tmp_path / "mine.toml").write_text('augment = {preset = "light", zoom = [0.8, 1.1], fill = "reflect"}\n')
    given = {"model": "lenet5", "epochs": 1, "out": tmp_path / "runs", "name": "mine"}
    run = train(digits, config=tmp_path / "mine.toml", **given)
    recorded = tomllib.loads((run.path / "config.toml").read_text())
    (tmp_path / "runs").rename(tmp_path / "first")
    words = shlex.split(recorded["command"])
    again = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    for name in ("best.safetensors", "config.toml"):
        first = (tmp_path / "first" / "classify" / "mine" / name).read_bytes()
        assert (tmp_path / "runs" / "classify" / "mine" / name).read_bytes() == first, name


def test_a_table_on_the_command_line_that_is_none_is_one_line(digits, tmp_path):
    for augment in ("{rotate = }", "{rotate: 20}"):
        with pytest.raises(StriateError, match="a table looks like") as caught:
            train(digits, augment=augment, out=tmp_path)
        assert "\n" not in str(caught.value)


def test_without_data_the_next_step_is_said():
    with pytest.raises(StriateError, match=r"no data given\. Name a folder"):
        train()


def test_resume_takes_no_other_options(digits_run):
    with pytest.raises(StriateError, match=r"--minutes or --lr, and becomes a new run; leave out --seed"):
        train(resume=digits_run, epochs=3, seed=1)
    with pytest.raises(StriateError, match="leave out --config"):
        train(resume=digits_run, config="nowhere.toml")


def test_a_finished_run_says_so_and_gets_a_missing_report_back(digits_run, tmp_path):
    copy = shutil.copytree(digits_run, tmp_path / "copy")
    (copy / "report.html").unlink()
    events = []
    run = train(resume=copy, on_event=events.append)
    assert "is finished; nothing to train" in events[0].text
    assert (run.path / "report.html").is_file()


def test_validation_and_test_pictures_are_never_augmented(digits, tmp_path, monkeypatch):
    from striate.data.loading import Batches

    made = []
    original = Batches.__init__

    def remembered(self, *arguments, **named):
        original(self, *arguments, **named)
        made.append(self)

    monkeypatch.setattr(Batches, "__init__", remembered)
    train(digits, model="lenet5", epochs=1, augment="photo", out=tmp_path)
    *training, validation = made
    assert all(batches.augmentation is not None for batches in training) and validation.augmentation is None
    seen = torch.cat([batch.pictures for batch in validation])
    assert torch.equal(seen, validation.store.pictures[validation.rows])


def test_runs_inside_the_data_folder_are_no_class(digits, tmp_path, monkeypatch):
    monkeypatch.chdir(shutil.copytree(digits, tmp_path / "data"))
    train(".", model="lenet5", epochs=1)
    events = []
    run = train(".", model="lenet5", epochs=1, on_event=events.append)
    assert json.loads((run.path / "labels.json").read_text()) == ["digit 0", "digit 1", "digit 2"]
    assert any("'runs' holds runs" in event.text for event in events if isinstance(event, Note))


def test_the_config_of_a_run_can_be_given_again(digits, digits_run, tmp_path):
    run = train(config=digits_run / "config.toml", epochs=1, out=tmp_path)
    assert run.result["epochs"] == 1
    assert (run.path / "config.toml").read_text().count("lr = 0.004") >= 1


def test_a_run_that_is_not_finished_keeps_its_test_part_for_the_end(digits_run, digits, tmp_path):
    copy = shutil.copytree(digits_run, tmp_path / "copy")
    for name in ("calibration.json", "result.json", "evaluation.json"):
        (copy / name).unlink()
    with pytest.raises(StriateError, match="is not finished, and its test part is for the end"):
        striate.evaluate(copy)
    events = []
    striate.evaluate(copy, digits, on_event=events.append)
    assert any("best epoch so far" in event.text for event in events if isinstance(event, Warned))


def test_names_and_runs_are_told_apart(digits_run, tmp_path):
    with pytest.raises(StriateError, match="is a folder; --weights goes with a name"):
        striate.load(digits_run, weights="imagenet")
    with pytest.raises(StriateError, match="add --weights imagenet or --weights FILE"):
        striate.load("efficientnet_lite0")
    network = striate.load("efficientnet_lite0", weights="imagenet")
    assert len(network.labels) == 1000


@pytest.mark.parametrize("own_file", [False, True])
def test_a_run_from_pretrained_weights_resumes_also_from_elsewhere(digits, tmp_path, monkeypatch, own_file):
    monkeypatch.chdir(tmp_path)
    weights = "imagenet"
    if own_file:
        weights = shutil.copy(find_weights("efficientnet_lite0", download=False), "w.pth")
    options = {"model": "efficientnet_lite0", "image_size": 32, "epochs": 1, "out": tmp_path / "runs"}
    run = train(digits, weights=weights, **options)
    before = (run.path / "best.safetensors").read_bytes()
    (run.path / "evaluation.json").unlink()
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    train(resume=run.path)
    assert (run.path / "evaluation.json").is_file()
    assert (run.path / "best.safetensors").read_bytes() == before


def test_a_part_is_scored_some_pictures_at_a_time(digits, tmp_path, monkeypatch):
    counts = []
    outputs = Predictor.outputs
    monkeypatch.setattr(
        Predictor, "outputs", lambda self, pictures: counts.append(len(pictures)) or outputs(self, pictures)
    )
    whole = train(digits, model="lenet5", epochs=1, out=tmp_path / "whole")
    monkeypatch.setattr(finish, "TOGETHER", 4)
    counts.clear()
    part = train(digits, model="lenet5", epochs=1, out=tmp_path / "part")
    assert len(counts) > 3 and max(counts) == 4
    answers = [(run.path / "predictions.csv").read_text().splitlines() for run in (whole, part)]
    assert len(answers[0]) == len(answers[1]) > 5
    assert part.metrics["loss"] == pytest.approx(whole.metrics["loss"], rel=1e-5)


def test_a_temperature_at_its_bound_is_told_and_recorded(digits, tmp_path, monkeypatch):
    outputs = Predictor.outputs
    monkeypatch.setattr(Predictor, "outputs", lambda self, pictures: (outputs(self, pictures)[0] * 1e-6,))
    events = []
    run = train(digits, model="lenet5", epochs=3, out=tmp_path, on_event=events.append)
    told = [event.text for event in events if isinstance(event, Warned)]
    assert any("it stands at its bound, 0.05; trust the answers' order" in text for text in told)
    record = json.loads((run.path / "calibration.json").read_text())
    assert record["temperature_at_bound"] is True
    assert "could not be fitted" in (run.path / "report.html").read_text()
