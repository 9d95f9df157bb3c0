"""With every socket blocked, the main job runs from folder to report, also from pretrained weights."""

import socket
from pathlib import Path

import pytest

import striate
from striate.actions.report import report


@pytest.fixture
def no_network(monkeypatch):
    """Any attempt to reach a network is recorded and fails."""
    attempts = []

    def refuse(*arguments, **named):
        attempts.append(arguments)
        raise OSError("this test has no network")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    return attempts


@pytest.mark.parametrize("model", ["lenet5", "efficientnet_lite0"])
def test_train_predict_and_report_need_no_network(no_network, digits, tmp_path, model):
    weights = "imagenet" if model == "efficientnet_lite0" else None
    run = striate.train(digits, model=model, weights=weights, image_size=48, epochs=2, out=tmp_path)
    predictions = list(striate.predict(run, [digits / "digit 0", digits / "digit 1" / "000.png"]))
    assert len(predictions) == 41 and all(one.error is None for one in predictions)
    assert report(run) == run.path / "report.html"
    assert no_network == []


def test_the_fixture_would_notice(no_network):
    with pytest.raises(OSError, match="no network"):
        socket.create_connection(("127.0.0.1", 9))
    assert len(no_network) == 1


def test_a_run_that_was_moved_still_predicts(digits_run, digits, tmp_path, monkeypatch):
    import shutil

    moved = Path(shutil.copytree(digits_run, tmp_path / "elsewhere" / "moved"))
    for name in ("config.toml", "dataset.json", "checkpoint.safetensors", "metrics.jsonl"):
        (moved / name).unlink()
    monkeypatch.chdir(tmp_path)
    picture = digits / "digit 1" / "003.png"
    assert striate.load(moved).predict(picture) == striate.load(digits_run).predict(picture)
