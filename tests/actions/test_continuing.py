"""Runs that start from runs, rates and lengths that are measured, plans that are only said, and logs."""

import json
import shutil
import socket
import sys
import tomllib

import pytest
import torch
from tests.conftest import write_digits

from striate.actions.report import report
from striate.actions.train import train
from striate.errors import StriateError
from striate.events import EpochEnded, Note, Warned
from striate.runs.folder import RunFolder
from striate.runs.lock import only_writer
from striate.runs.weights import read_weights
from striate.trainer.reckoning.dry_run import dry_run


def resolved(run):
    return tomllib.loads((run.path / "config.toml").read_text())["resolved"]


def test_a_finished_run_goes_on_as_a_new_run_with_a_parent(digits_run, tmp_path):
    parent = shutil.copytree(digits_run, tmp_path / "classify" / "first")
    run = train(resume=parent, epochs=1, lr=1e-6)
    assert run.path == tmp_path / "classify" / "first-2"
    assert resolved(run)["parent"] == str(parent) and resolved(run)["recipe"] == "scratch"
    records = [json.loads((path / "dataset.json").read_text()) for path in (parent, run.path)]
    assert records[0]["split"] == records[1]["split"]
    before, _ = read_weights(parent / "best.safetensors")
    after, _ = read_weights(run.path / "best.safetensors")
    assert all(torch.allclose(tensor, after[name], atol=1e-4) for name, tensor in before.items())


def test_a_run_that_was_moved_goes_on_where_it_lies(digits_run, tmp_path, monkeypatch):
    moved = shutil.copytree(digits_run, tmp_path / "archive" / "first")
    monkeypatch.chdir(moved)
    run = train(resume=".", epochs=1, lr=1e-6)
    assert run.path == tmp_path / "archive" / "classify" / "first"
    assert resolved(run)["parent"] == str(moved)


def test_the_page_of_a_run_that_was_moved_names_the_place_where_it_lies(digits_run, tmp_path):
    moved = shutil.copytree(digits_run, tmp_path / digits_run.name)  # of the same name as before
    page = report(moved, out=tmp_path / "page.html").read_text(encoding="utf-8")
    assert f"striate predict {moved} picture.jpg" in page
    assert f"striate predict {digits_run} picture.jpg" not in page


def test_more_pictures_start_from_a_run_and_outputs_follow_the_class_names(digits_run, tmp_path):
    data = write_digits(tmp_path / "data", "012", 20, first=60)
    for old, new in (("digit 0", "z"), ("digit 1", "y"), ("digit 2", "x")):
        (data / old).rename(data / new)
    parent = shutil.copytree(digits_run, tmp_path / "parent")
    (parent / "labels.json").write_text('["z", "y", "x"]')
    run = train(data, weights=parent, epochs=1, lr=1e-6, out=tmp_path)
    assert json.loads((run.path / "labels.json").read_text()) == ["x", "y", "z"]
    before, _ = read_weights(parent / "best.safetensors")
    after, _ = read_weights(run.path / "best.safetensors")
    head = [name for name, tensor in before.items() if tensor.shape[0] == 3]
    for name in head:
        assert torch.allclose(after[name], before[name].flip(0), atol=1e-4)
    assert len(head) == 2 and run.metrics["accuracy"] > 0.8
    assert (run.path / "preprocess.json").read_text() == (parent / "preprocess.json").read_text()


def test_other_classes_get_a_new_head(digits_run, tmp_path):
    data, events = write_digits(tmp_path / "data", "345", 8), []
    train(data, weights=digits_run, epochs=1, out=tmp_path, on_event=events.append)
    assert any("not those of the earlier run" in event.text for event in events if isinstance(event, Note))


def test_test_pictures_that_the_parent_learned_from_are_named(digits, digits_run, tmp_path):
    events = []
    run = train(digits, weights=digits_run, epochs=1, seed=9, out=tmp_path, on_event=events.append)
    said = [event.text for event in events if isinstance(event, Warned)]
    assert any("test pictures were training or validation pictures of" in text for text in said)
    assert any("too good" in note for note in json.loads((run.path / "dataset.json").read_text())["notes"])


def test_a_found_rate_is_recorded_drawn_and_not_looked_for_again(digits, tmp_path, monkeypatch):
    run = train(digits, model="lenet5", epochs=1, lr="auto", out=tmp_path)
    rate = resolved(run)["decided"]["lr"]
    assert resolved(run)["stages"][0]["lr"] == rate and 1e-4 < rate < 0.5
    assert (run.path / "pictures" / "learning-rate.svg").read_text().startswith("<svg")
    (run.path / "evaluation.json").unlink()
    monkeypatch.setattr("striate.trainer.reckoning.measuring.range_test", pytest.fail)
    assert resolved(train(resume=run.path))["decided"]["lr"] == rate


def test_minutes_become_epochs_once(digits, tmp_path, monkeypatch):
    run = train(digits, model="lenet5", minutes=0.05, out=tmp_path)
    epochs = resolved(run)["decided"]["epochs"]
    assert epochs >= 1 and resolved(run)["stages"][0]["epochs"] == epochs
    (run.path / "evaluation.json").unlink()
    monkeypatch.setattr("striate.trainer.reckoning.measuring.paces_of", pytest.fail)
    train(resume=run.path)
    with pytest.raises(StriateError, match="--minutes and --epochs say the same twice"):
        train(digits, minutes=1.0, epochs=2)


def test_too_few_minutes_for_an_epoch_are_some_steps_of_it(digits, tmp_path, monkeypatch):
    from striate.training.trials.pace import Pace

    monkeypatch.setattr("striate.trainer.reckoning.measuring.paces_of", lambda *_: [Pace(3.0, 0.0)])
    run = train(digits, model="lenet5", minutes=0.2, batch_size=10, out=tmp_path)
    assert 1 <= resolved(run)["steps"] <= 4 and run.result["epochs"] == 1


def test_a_dry_run_says_what_the_run_then_is_and_writes_nothing(digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {"model": "lenet5", "epochs": 2, "optimizer": "muon", "balance": "weights"}
    said = dry_run(data=str(digits), **options)
    assert list(tmp_path.iterdir()) == []
    run = train(digits, **options)
    estimate = said.pop("estimate")
    found = json.loads(json.dumps(resolved(run)))
    assert all(said[key] == found[key] for key in ("parameters", "stages", "steps", "model", "balance"))
    assert said["pictures"] == run.result["pictures"]
    assert estimate["seconds"] > 0 and estimate["memory_bytes"] > 1e7


@pytest.mark.parametrize("balance", ["weights", "sampling", "focal"])
def test_a_rare_class_can_be_balanced(balance, tmp_path):
    data = write_digits(write_digits(tmp_path / "data", "0", 60), "1", 12)
    run = train(data, model="lenet5", epochs=6, balance=balance, out=tmp_path)
    assert run.metrics["accuracy"] > 0.7


def test_an_unknown_recipe_is_answered_with_the_nearest(digits, tmp_path):
    with pytest.raises(StriateError, match=r"unknown recipe 'scrach'\. Did you mean scratch"):
        train(digits, recipe="scrach", out=tmp_path)
    with pytest.raises(StriateError, match=r"^--lr 'fast': input should be") as raised:
        train(digits, lr="fast", out=tmp_path)
    assert "\n" not in str(raised.value) and str(raised.value).count("--lr") == 1


def test_a_run_that_is_being_trained_is_not_resumed_a_second_time(digits_run, tmp_path):
    copy = shutil.copytree(digits_run, tmp_path / "copy")
    (copy / "result.json").unlink()
    with only_writer(RunFolder(copy)), pytest.raises(StriateError, match="by another process"):
        train(resume=copy)


def test_epochs_go_to_tensorboard(digits, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = train(digits, model="lenet5", epochs=2, log="tensorboard", out=tmp_path)
    read = EventAccumulator(str(run.path / "tensorboard"))
    read.Reload()
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    logged = [(event.step, event.value) for event in read.Scalars("validation/accuracy")]
    assert logged == [(line["epoch"], pytest.approx(line["validation_accuracy"])) for line in lines]


@pytest.mark.filterwarnings("ignore")  # of MLflow about its own libraries
def test_epochs_and_result_go_to_one_mlflow_run_however_often_it_is_resumed(digits, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket.socket, "connect", None)  # nothing of it may need the network
    monkeypatch.setattr(socket, "getaddrinfo", None)
    stops = iter([None, KeyboardInterrupt()])

    def stop_after_the_second_epoch(event: object) -> None:
        if isinstance(event, EpochEnded) and (stop := next(stops)) is not None:
            raise stop

    out = tmp_path / "it's runs"
    with pytest.raises(KeyboardInterrupt):
        train(digits, model="lenet5", epochs=3, log="mlflow", out=out, on_event=stop_after_the_second_epoch)
    client = mlflow.MlflowClient(f"sqlite:///{out / 'mlflow.db'}")
    (experiment,) = [e for e in client.search_experiments() if e.name == "striate-classify"]
    (logged,) = client.search_runs([experiment.experiment_id])
    assert logged.info.status == "KILLED"
    run = train(resume=next((out / "classify").iterdir()))
    (logged,) = client.search_runs([experiment.experiment_id])
    assert logged.info.status == "FINISHED" and logged.info.run_name == run.path.name
    assert logged.data.params["model"] == "lenet5"
    assert logged.data.params["parameters"] == "61111"  # 61,706 for ten classes, 85 less for each of seven
    assert logged.data.metrics["test_accuracy"] == pytest.approx(run.metrics["accuracy"])
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    for name in ("train_loss", "validation_accuracy", "lr"):
        history = [
            (metric.step, metric.value) for metric in client.get_metric_history(logged.info.run_id, name)
        ]
        assert history == [(line["epoch"], pytest.approx(line[name])) for line in lines]


def test_a_logger_that_is_not_installed_is_named_before_anything_is_trained(digits, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(StriateError, match=r'--log mlflow needs a package: pip install "striate\[mlflow\]"'):
        train(digits, model="lenet5", epochs=1, log="mlflow", out=tmp_path)
    assert list(tmp_path.iterdir()) == []
