"""A run on a data set that a name stands for finds it again, from any folder and with whatever lies there."""

import shutil

import pytest
from tests.conftest import write_digits

from striate.actions.evaluate import evaluate
from striate.actions.train import train
from striate.data.datasets import recognise
from striate.data.decoding.decode import DEFAULT_LIMITS
from striate.inference.pictures.own_pictures import own_pictures
from striate.runs.folder import RunFolder
from striate.trainer.resume import recorded_options


@pytest.fixture
def named(tmp_path, monkeypatch):
    """The name `mnist` stands for class folders in a cache; returns how often it was looked up."""
    cache, asked = write_digits(tmp_path / "cache", "01", 20), []

    def find(name, on_event):
        asked.append(name)
        return cache

    monkeypatch.setattr(recognise, "find_named", find)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    return asked


def test_a_named_set_is_resolved_by_its_name_again(named, tmp_path, monkeypatch):
    run = train("mnist", model="lenet5", epochs=1, out=tmp_path / "runs").path
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for here in (tmp_path / "home", elsewhere):
        monkeypatch.chdir(here)
        assert evaluate(run).split == "test"
        assert len(own_pictures(run, "train", DEFAULT_LIMITS, lambda _: None)) > 20
        assert str(recorded_options(RunFolder.open(run)).data) == "mnist"
    (run / "result.json").unlink()  # as if it had been interrupted
    assert train(resume=run).result["metrics"]["accuracy"] is not None
    assert set(named) == {"mnist"}


def test_a_run_of_an_earlier_striate_recorded_a_folder_that_never_was(named, tmp_path):
    run = train("mnist", model="lenet5", epochs=1, out=tmp_path / "runs").path
    config = run / "config.toml"
    text = config.read_text()
    assert text.count('data = "mnist"') == 2
    wrong = f'data = "{tmp_path / "home" / "mnist"}"'
    config.write_text(text[::-1].replace('data = "mnist"'[::-1], wrong[::-1], 1)[::-1])
    assert evaluate(run).split == "test"


def test_data_that_moved_with_its_run_is_still_found(digits, tmp_path, monkeypatch):
    shutil.copytree(digits, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    run = train("data", model="lenet5", epochs=1, out=tmp_path / "runs").path
    monkeypatch.chdir("/")
    assert evaluate(run).split == "test"
