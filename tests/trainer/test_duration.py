"""The end of a training is reckoned with the engine that will serve, by a clock of ours."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from tests.conftest import write_digits

import striate
from striate.data.splits import Split
from striate.inference.predictor import Predictor
from striate.preprocess.preprocessing import Preprocessing
from striate.runs.record import RunRecord
from striate.tasks.answers import Context
from striate.trainer import setup as making
from striate.trainer.pictures.prepared_data import PreparedData
from striate.trainer.reckoning import dry_run, duration, measuring
from striate.trainer.reckoning.duration import REPORT, finishing_seconds
from striate.trainer.setup import TrainingSetup
from striate.training.devices import fabric


class Slow(Predictor):
    """A network that takes as many seconds a picture as it says."""

    def __init__(self, each: float, clock: list[float]):
        object.__setattr__(self, "each", each)
        object.__setattr__(self, "clock", clock)

    def outputs(self, pictures):
        self.clock[0] += self.each * len(pictures)
        return torch.zeros(len(pictures), 2)


def stand_in(kind, **fields):
    """An object of a class with some of its fields."""
    made = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def training(validation: int, test: int):
    rows = list(range(10 + validation + test))
    split = Split(
        tuple(rows[:10]), tuple(rows[10 : 10 + validation]), tuple(rows[10 + validation :]), ("given",)
    )
    store = SimpleNamespace(pictures=torch.zeros(len(rows), 1, 2, 2, dtype=torch.uint8))
    data = stand_in(
        PreparedData,
        split=split,
        store=store,
        external=None,
        dataset=SimpleNamespace(classes=("a", "b")),
        preprocessing=Preprocessing((2, 2), 1, (0.5,), (0.5,)),
    )
    setup = stand_in(
        TrainingSetup,
        network=torch.nn.Identity(),
        architecture={"model": "lenet5", "num_classes": 2},
        task=SimpleNamespace(classes=lambda dataset: dataset.classes),
        context=Context(("a", "b"), data.preprocessing),
    )
    return setup, data


@pytest.mark.parametrize(("tried", "compared"), [(["openvino"], 1024), ([], 0)])
def test_the_end_is_that_of_the_engine_that_serves_and_of_the_comparison_with_torch(
    monkeypatch, tried, compared
):
    clock = [0.0]
    plain, served = Slow(0.5, clock), Slow(0.125, clock)

    def choose(network, pictures, _):
        clock[0] += 3.0  # the conversion
        if tried:
            network.outputs(pictures)
            served.outputs(pictures)
        return (served if tried else plain), {"tried": tried}

    monkeypatch.setattr(duration, "monotonic", lambda: clock[0])
    monkeypatch.setattr(duration, "Predictor", lambda *_, **__: plain)
    monkeypatch.setattr(duration, "choose_engine", choose)
    each = 0.125 if tried else 0.5
    expected = REPORT + 3.0 + compared * (0.5 + 0.125) + (2000 + 500) * each
    assert finishing_seconds(*training(2000, 500)) == pytest.approx(expected)


def test_a_dry_run_and_minutes_reckon_alike(tmp_path, monkeypatch):
    data = write_digits(tmp_path / "digits", "01", 20)
    assert measuring.finishing_seconds is dry_run.finishing_seconds is duration.finishing_seconds
    monkeypatch.setattr(measuring, "finishing_seconds", lambda *_: 30.0)
    paces = [replace(duration.Pace(0.5, 0.0))]
    monkeypatch.setattr(measuring, "paces_of", lambda *_: paces)
    run = striate.train(data, model="lenet5", minutes=1.0, batch_size=32, out=tmp_path)
    assert 40 <= run.result["epochs"] <= 60  # 30 s less what reading took, of one step each


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_training_makes_one_fabric(tmp_path, monkeypatch, precision):
    data = write_digits(tmp_path / "digits", "01", 20)
    made, own = [], fabric.make_fabric
    monkeypatch.setattr(fabric, "make_fabric", lambda *given: made.append(given[1]) or own(*given))
    striate.train(data, model="lenet5", epochs=1, precision=precision, out=tmp_path)
    assert made == [precision]


def test_stages_are_built_once_however_many_lengths_and_rates_are_tried(tmp_path, monkeypatch):
    data = write_digits(tmp_path / "digits", "01", 20)
    built, own = [], making.make_stages
    monkeypatch.setattr(making, "make_stages", lambda *given: built.append(1) or own(*given))
    run = striate.train(data, model="lenet5", minutes=0.03, lr="auto", out=tmp_path)
    assert len(built) == 1
    decided = RunRecord.open(run.path).config.resolved.decided
    assert decided.epochs >= 1 and decided.lr is not None
