"""The loop learns, freezes what it should, stops when it should, and refuses an infinite loss."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from striate.data.loading import Batches, Store
from striate.errors import WorkFailed
from striate.events import EpochEnded
from striate.hyperparameters import Constant, Sgd
from striate.preprocess.preprocessing import Preprocessing
from striate.runs.checkpoint import read_tree
from striate.runs.folder import RunFolder
from striate.tasks.answers import Context
from striate.tasks.classify.task import CLASSIFY
from striate.tasks.recipes.scratch import scratch
from striate.training.devices.fabric import make_fabric
from striate.training.loop import fit
from striate.training.position import Position
from striate.training.recorder import Recorder
from striate.training.stages import Stage
from striate.training.validation import validator


def stripes(n=96):
    """Upright stripes (class 0) and level ones (class 1), 8x8."""
    pictures = torch.zeros(n, 1, 8, 8, dtype=torch.uint8)
    generator = torch.Generator().manual_seed(0)
    for i in range(n):
        phase = int(torch.randint(0, 4, (1,), generator=generator))
        picture = pictures[i, 0] if i % 2 else pictures[i, 0].T
        picture[phase::4] = 255
        picture[(phase + 1) % 4 :: 4] = 255
    return Store(pictures, torch.arange(n) % 2)


def small_network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 2),
        nn.Dropout(0.2),  # so that the random state matters
    )


class Training:
    """A training of the small network on stripes, with everything around it."""

    def __init__(self, path, stages=None, **stage_fields):
        self.network = small_network()
        self.store = stripes()
        self.task = CLASSIFY
        context = Context(("a", "b", "c"), Preprocessing((8, 8), 1, (0.5,), (0.5,)))
        recipe = replace(scratch(64), label_smoothing=0.0)
        self.step = self.task.step(self.network, context, recipe)
        self.metric = partial(self.task.metric, context)
        self.events = []
        fields = {"epochs": 6, "lr": 0.02, **stage_fields}
        self.stages = stages(self.step) if stages else [Stage("train", self.step, **fields)]
        self.folder = RunFolder.create(path, "classify", "stripes")
        self.recorder = Recorder(
            self.folder,
            self.network,
            Position(),
            architecture={"model": "small"},
            epochs=fields["epochs"],
            score=self.task.score,
            checkpoint_seconds=1000.0,
            on_event=self.events.append,
        )

    def run(self, saved=None):
        fit(
            make_fabric("cpu", "32-true"),
            self.stages,
            Batches(self.store, torch.arange(64), 16, seed=3),
            validator(self.metric, Batches(self.store, torch.arange(64, 96), 16)),
            self.recorder,
            saved,
        )


def head_then_all(step):
    head = frozenset({"network.5.weight", "network.5.bias"})
    return [Stage("head", step, 2, 0.02, trainable=head), Stage("all", step, 2, 0.01, optimizer=Sgd())]


class Stopped(Exception):
    pass


def resumed_from(path, broken):
    """A new training that goes on from what `broken` saved."""
    saved = read_tree(broken.folder / "checkpoint.safetensors")
    training = Training(path, head_then_all)
    training.recorder.position = Position(**saved["position"])
    training.network.load_state_dict(saved["network"])
    # best.safetensors lies in the run's own folder
    (training.folder / "best.safetensors").write_bytes((broken.folder / "best.safetensors").read_bytes())
    torch.rand(7)  # another program has drawn numbers meanwhile
    training.run(saved)
    return training


def assert_same_network(first, second):
    for name, tensor in first.network.state_dict().items():
        assert torch.equal(tensor, second.network.state_dict()[name]), name


def test_a_training_that_stops_between_two_stages_goes_on_exactly(tmp_path, monkeypatch):
    unbroken = Training(tmp_path, head_then_all)
    unbroken.run()

    broken = Training(tmp_path, head_then_all)
    stage_ended = broken.recorder.stage_ended

    def stop():
        stage_ended()
        raise Stopped

    monkeypatch.setattr(broken.recorder, "stage_ended", stop)
    with pytest.raises(Stopped):
        broken.run()
    assert read_tree(broken.folder / "checkpoint.safetensors")["position"]["stage"] == 1
    assert_same_network(unbroken, resumed_from(tmp_path, broken))


@pytest.mark.parametrize("steps", [5, 7, 11, 14])  # four steps an epoch, two epochs a stage
def test_a_training_that_stops_inside_an_epoch_goes_on_exactly(tmp_path, monkeypatch, steps):
    unbroken = Training(tmp_path, head_then_all)
    unbroken.run()

    broken = Training(tmp_path, head_then_all)
    step_ended, done = broken.recorder.step_ended, []

    def stop(of):
        step_ended(of)
        done.append(of)
        if len(done) == steps:
            broken.recorder.save()
            raise Stopped

    monkeypatch.setattr(broken.recorder, "step_ended", stop)
    with pytest.raises(Stopped):
        broken.run()
    resumed = resumed_from(tmp_path, broken)
    assert_same_network(unbroken, resumed)
    assert resumed.recorder.position.best == unbroken.recorder.position.best


def test_it_learns_stripes(tmp_path):
    training = Training(tmp_path)
    training.run()
    assert training.recorder.position.best[0] == 1.0
    lines = training.folder.read_metrics()
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[-1]["train_loss"] < lines[0]["train_loss"] / 2
    assert sum(isinstance(event, EpochEnded) for event in training.events) == 6


def test_what_is_not_trainable_does_not_move_and_its_statistics_neither(tmp_path):
    training = Training(tmp_path, trainable=frozenset({"network.5.weight", "network.5.bias"}), epochs=2)
    before = {name: tensor.clone() for name, tensor in training.network.state_dict().items()}
    training.run()
    moved = {
        name
        for name, tensor in training.network.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    assert moved == {"5.weight", "5.bias"}


def test_frozen_norms_keep_statistics_while_their_weights_learn(tmp_path):
    training = Training(tmp_path, freeze_norms=True, epochs=2)
    before = {name: tensor.clone() for name, tensor in training.network.state_dict().items()}
    training.run()
    after = training.network.state_dict()
    assert torch.equal(after["1.running_mean"], before["1.running_mean"])
    assert not torch.equal(after["1.weight"], before["1.weight"])


def test_a_stage_without_progress_ends_early_and_goes_back_to_the_best_weights(tmp_path):
    training = Training(tmp_path, epochs=50, patience=2, schedule=Constant(), lr=0.5)
    training.run()
    lines = training.folder.read_metrics()
    best = max(line["epoch"] for line in lines if line["best"])
    assert len(lines) == best + 2 < 50
    step = training.step.eval()
    figures = validator(training.metric, Batches(training.store, torch.arange(64, 96), 16))(step)
    assert figures["loss"] == pytest.approx(lines[best - 1]["validation_loss"], abs=1e-12)


def test_a_loss_that_is_not_finite_ends_the_training_with_advice(tmp_path):
    training = Training(tmp_path, optimizer=Sgd(), lr=1e30)
    with pytest.raises(
        WorkFailed, match=r"no longer finite in epoch 1 of stage 'train'.*smaller --lr.*--precision 32-true"
    ):
        training.run()


def test_the_validation_score_counts_accuracy_first():
    task = CLASSIFY
    assert task.score({"accuracy": 0.9, "loss": 5.0}) > task.score({"accuracy": 0.8, "loss": 0.1})
    assert task.score({"accuracy": 0.9, "loss": 0.1}) > task.score({"accuracy": 0.9, "loss": 0.2})
