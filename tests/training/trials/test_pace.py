"""The pace of a training with a clock of ours, and the epochs that fit into a time."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.training.test_loop import Training

from striate.data.loading import Batches
from striate.data.sample import Batch
from striate.training.devices.fabric import make_fabric
from striate.training.stages import Stage
from striate.training.trials.pace import Pace, epochs_within, measure_pace, seconds_of


def test_a_clock_that_ticks_once_a_look_gives_one_second_a_step(tmp_path):
    training, ticks = Training(tmp_path), iter(range(10_000))
    judged = Batch(training.store.pictures[:32], torch.arange(32), training.store.labels[:32])
    before = {name: tensor.clone() for name, tensor in training.network.state_dict().items()}
    paces = measure_pace(
        make_fabric("cpu", "32-true"),
        training.stages,
        Batches(training.store, torch.arange(64), 16, seed=3),
        judged,
        lambda: float(next(ticks)),
    )
    assert paces == [Pace(step=1.0, picture=1 / 32)]
    after = training.network.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())


def test_seconds_add_up_over_stages_steps_and_validations():
    step = torch.nn.Identity()
    stages = [Stage("head", step, 2, 0.1), Stage("all", step, 3, 0.1, steps=25)]
    paces = [Pace(0.5, 0.01), Pace(2.0, 0.02, epoch=0.25)]
    # 20 steps and 2 validations of 100 pictures; 25 steps, 3 validations and 3 times the weights.
    expected = 20 * 0.5 + 2 * 1 + 25 * 2 + 3 * 2 + 3 * 0.25
    lengths = [stage.length(10) for stage in stages]
    assert seconds_of(paces, lengths, 10, 100) == pytest.approx(expected)


def test_quick_steps_are_timed_for_a_second_and_slow_ones_count_as_well(tmp_path):
    training = Training(tmp_path)
    judged = Batch(training.store.pictures[:32], torch.arange(32), training.store.labels[:32])
    # Every third step takes 0.4 s, the others 0.1 s: 2 to warm up, then 5, which take 1.1 s together.
    looks = iter([0.0, 0.1, 0.2, 0.6, 0.7, 0.8, 1.2, 1.3, 0.0, 3.2])
    (pace,) = measure_pace(
        make_fabric("cpu", "32-true"),
        training.stages[:1],
        Batches(training.store, torch.arange(64), 16, seed=3),
        judged,
        lambda: next(looks),
    )
    assert pace.step == pytest.approx(1.1 / 5)  # the median would be 0.1
    assert pace.picture == pytest.approx(0.1)


@given(st.floats(0.1, 50), st.floats(0, 20), st.floats(1, 5000))
def test_one_more_epoch_would_be_too_long(each, once, seconds):
    def cost(epochs):
        return once + each * epochs

    found = epochs_within(seconds, cost)
    assert found >= 1 and cost(found + 1) > seconds
    assert found == 1 or cost(found) <= seconds
