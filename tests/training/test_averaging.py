"""Averages of weights against plain sums, the network left as it was, and statistics that fit the average."""

import pytest
import torch
from torch import nn

from striate.hyperparameters import Ema, Swa
from striate.training.averaging import Averaging, measuring_norms


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)).to(
        memory_format=torch.channels_last
    )


def moved(model, values):
    """The weights set to each of the values in turn."""
    for value in values:
        with torch.no_grad():
            model[0].weight.fill_(value)
        yield value


@pytest.mark.parametrize("together", [True, False])
def test_ema_fades_as_the_definition_says(monkeypatch, together):
    if not together:  # a torch without its private way to move many tensors at once
        monkeypatch.delattr(torch, "_foreach_lerp_")
    model = network()
    with torch.no_grad():
        model[0].weight.fill_(5.0)
    average, expected = Averaging(Ema(0.5), model), 5.0
    for count, value in enumerate(moved(model, [1.0, 2.0, 4.0]), 1):
        average.step_ended()
        keep = min(0.5, (1 + count) / (10 + count))
        expected = keep * expected + (1 - keep) * value
    with average.applied(pytest.fail):
        assert model[0].weight.flatten().tolist() == pytest.approx([expected] * 36)
    assert torch.all(model[0].weight == 4.0)


def test_swa_is_the_mean_of_the_late_epochs_and_asks_for_new_statistics():
    model = network()
    average, asked = Averaging(Swa(start=0.5), model), []
    for epoch, _ in enumerate(moved(model, [9.0, 9.0, 1.0, 2.0]), 1):
        average.step_ended()
        average.epoch_ended(epoch / 4)
    with average.applied(lambda: asked.append(1)):
        assert model[0].weight.flatten().tolist() == pytest.approx([1.5] * 36)
    assert asked == [1]


def test_nothing_but_the_context_changes_the_network():
    model = network()
    for word in (None, Ema(), Swa(0.0)):
        average = Averaging(word, model)
        average.step_ended()
        average.epoch_ended(1.0)
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}

        def measure():
            with measuring_norms(model):
                model(torch.randn(8, 1, 9, 9))

        with pytest.raises(RuntimeError, match="stop"), average.applied(measure):
            raise RuntimeError("stop")
        assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_an_average_comes_back_from_a_checkpoint_in_the_same_layout():
    model = network()
    first, second = Averaging(Ema(), model), Averaging(Ema(), model)
    for _ in moved(model, [1.0, 2.0]):
        first.step_ended()
    second.load_tree({"count": 2, "mean": [tensor.contiguous() for tensor in first.mean]})
    assert all(torch.equal(a, b) for a, b in zip(first.mean, second.mean, strict=True))
    assert second.mean[0].stride() == first.mean[0].stride()


def test_measured_statistics_are_the_plain_mean_and_draw_nothing():
    model = network()
    pictures = torch.randn(3, 8, 1, 9, 9)
    state = torch.get_rng_state()
    with torch.no_grad(), measuring_norms(model) as wanted:
        for batch in pictures:
            model(batch)
    maps = [model[0](batch) for batch in pictures]
    expected = torch.stack([found.mean((0, 2, 3)) for found in maps]).mean(0)
    assert wanted and torch.allclose(model[1].running_mean, expected, atol=1e-6)
    assert torch.equal(torch.get_rng_state(), state)
    assert model[1].momentum == 0.1 and not model[1].training
