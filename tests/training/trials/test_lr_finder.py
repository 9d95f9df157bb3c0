"""The range test: choices by hand, repeatable, and network, optimiser and random state left as they were."""

import pytest
import torch
from tests.training.test_loop import Training

from striate.data.loading import Batches
from striate.errors import WorkFailed
from striate.hyperparameters import Sgd
from striate.training.devices.fabric import make_fabric
from striate.training.trials.lr_finder import choose_rate, range_test, smoothed


def test_a_tenth_of_the_rate_with_the_lowest_loss_is_taken():
    rates = [10.0**power for power in range(-4, 2)]
    found = choose_rate(rates, [2.0, 1.9, 1.0, 0.1, 9.0, float("nan")])
    assert found.lowest == pytest.approx(0.1) and found.chosen == pytest.approx(0.01)
    assert len(found.losses) == 5


def test_smoothing_forgets_and_does_not_start_at_zero():
    assert smoothed([3.0, 3.0, 3.0]) == pytest.approx([3.0, 3.0, 3.0])
    first, second = smoothed([1.0, 2.0])
    assert first == pytest.approx(1.0) and second == pytest.approx((0.09 * 1 + 0.1 * 2) / 0.19)


def test_without_a_finite_loss_people_are_told():
    with pytest.raises(WorkFailed, match="not finite at any rate"):
        choose_rate([1.0], [float("inf")])


def test_it_leaves_no_trace_and_finds_the_same_again(tmp_path):
    training = Training(tmp_path, optimizer=Sgd())
    batches = Batches(training.store, torch.arange(64), 16, seed=3)
    before = {name: tensor.clone() for name, tensor in training.network.state_dict().items()}
    state = torch.get_rng_state()
    fabric = make_fabric("cpu", "32-true")
    first, second = (range_test(fabric, training.stages[0], batches, 7) for _ in range(2))
    assert first == second
    assert torch.equal(torch.get_rng_state(), state)
    after = training.network.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    assert 1e-4 < first.chosen < 5
    assert list(first.rates) == sorted(first.rates) and len(first.rates) == len(first.losses)
