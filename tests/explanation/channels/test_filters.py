"""Gradient ascent: the course's settings, steps by hand, and that the network stays as it was."""

import pytest
import torch
from torch import nn

from striate.actions.load import load
from striate.errors import StriateError, UnknownName
from striate.explanation.channels.channel_response import maps_at, response_module
from striate.explanation.channels.filters import GREY, Ascent, excite, first_kernels
from striate.models.build import create_model

SMALL = Ascent(size_hw=(62, 62), steps=40, plain=True)


def scaled(images):
    return images / 255 - 0.5


def climb(network, layer, channels, ascent=SMALL, in_channels=3):
    return excite(network, layer, channels, in_channels=in_channels, normalise=scaled, ascent=ascent)


@pytest.fixture(scope="module")
def network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        return create_model("book_cats_dogs", image_size=62)


def test_the_course_settings_raise_the_response_threefold_on_a_trained_layer(shared):
    network = load("squeezenet1_1", shared / "weights" / "squeezenet1_1.imagenet.safetensors")
    ascent = Ascent(size_hw=(64, 64), steps=40, plain=True)
    found = excite(
        network.module,
        "features.6.expand3x3",
        list(range(8)),
        in_channels=3,
        normalise=network.preprocessing.normalise,
        ascent=ascent,
    )
    assert bool((found.after >= 3 * found.before).all())  # curriculum 6.2
    assert bool((found.after > 0).all())


def test_on_random_weights_the_middle_channel_doubles_and_none_falls(network):
    found = climb(network, "stages.2.0", list(range(16)))
    awake = found.before > 0
    assert int(awake.sum()) >= 8
    assert bool((found.after[awake] > found.before[awake]).all())
    assert (
        float((found.after[awake] / found.before[awake]).median()) >= 2
    )  # colours at the start answer already


def test_a_pattern_is_bounded_reproducible_by_seed_and_its_own(network):
    size = Ascent(size_hw=(62, 62), steps=5, plain=True)
    one, again = climb(network, "stages.0.0", [1, 2], size), climb(network, "stages.0.0", [1, 2], size)
    alone = climb(network, "stages.0.0", [2], size)
    other = climb(network, "stages.0.0", [2], Ascent(size_hw=(62, 62), steps=5, plain=True, seed=1))
    assert torch.equal(one.pictures, again.pictures)
    assert one.pictures.dtype == torch.uint8
    difference = (one.pictures[1].int() - alone.pictures[0].int()).abs().max()
    assert int(difference) <= 1  # whatever stands beside it
    assert not torch.equal(alone.pictures, other.pictures)


def test_steps_of_a_linear_channel_by_hand():
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False))
    nn.init.constant_(network[0].weight, -2.0)
    found = climb(network, "0", [0], Ascent(size_hw=(3, 5), steps=40, plain=True), in_channels=1)
    # The gradient is the same everywhere, so divided by its root mean square it is -1 a pixel and step.
    start = GREY + 20 * torch.rand(1, 1, 3, 5, generator=torch.Generator().manual_seed(0))
    before = torch.relu(-2 * (start / 255 - 0.5)).mean()
    after = torch.relu(-2 * ((start - 40) / 255 - 0.5)).mean()
    assert found.before.item() == pytest.approx(before.item(), rel=1e-3)
    assert found.after.item() == pytest.approx(after.item(), rel=0.03)


def test_fourier_ascent_excites_more_than_its_start_and_is_reproducible(network):
    ascent = Ascent(size_hw=(62, 62), steps=16)
    one, again = climb(network, "stages.1.0", [0, 3], ascent), climb(network, "stages.1.0", [0, 3], ascent)
    assert bool((one.after > 2 * one.before).all())
    assert torch.equal(one.pictures, again.pictures)


def test_behind_a_batch_norm_that_turns_the_sign_the_other_pattern_wins():
    convolution, norm = nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1)
    nn.init.ones_(convolution.weight)
    nn.init.constant_(norm.weight, -1.0)
    network = nn.Sequential(convolution, norm, nn.ReLU())
    assert response_module(network, "0", torch.zeros(1, 1, 4, 4)) is norm
    before = climb(network, "0", [0], Ascent((4, 4), steps=0, plain=True), in_channels=1)
    after = climb(network, "0", [0], Ascent((4, 4), steps=200, plain=True), in_channels=1)
    assert float(after.after) > 0.2  # darker than mid grey
    assert float(before.after) == 0


def test_nothing_of_the_network_changes(network):
    network.train()
    network.stages[0].eval()
    network.stages[0][0].weight.requires_grad_(requires_grad=False)
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    climb(network, "stages.0.0", [0], Ascent(size_hw=(62, 62), steps=2))
    assert network.training
    assert not network.stages[0].training
    assert [p.requires_grad for p in network.parameters()].count(False) == 1
    assert all(parameter.grad is None for parameter in network.parameters())
    assert all(torch.equal(weights[name], value) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    network.stages[0][0].weight.requires_grad_(requires_grad=True)


class Stops(nn.Module):
    """A layer that must not be reached."""

    def forward(self, _):
        raise AssertionError("a layer after the one that was asked for ran")


def test_later_layers_do_not_run():
    network = nn.Sequential(nn.Conv2d(3, 2, 3), Stops())
    assert maps_at(network, network[0], torch.zeros(1, 3, 8, 8)).shape == (1, 2, 6, 6)


def test_layers_and_channels_that_do_not_exist_are_named(network):
    with pytest.raises(UnknownName, match=r"unknown convolution 'stages.0.1'.*stages.0.0"):
        climb(network, "stages.0.1", [0], Ascent(size_hw=(62, 62)))
    with pytest.raises(StriateError, match=r"stages\.0\.0 has no channel 32; its channels are 0 to 31"):
        climb(network, "stages.0.0", [32], Ascent(size_hw=(62, 62)))
    with pytest.raises(StriateError, match="no convolution"):
        first_kernels(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))


def test_the_first_kernels_are_the_first_convolutions_weights():
    network = create_model("alexnet")
    name, kernels = first_kernels(network)
    assert name == "features.0"
    assert torch.equal(kernels, network.features[0].weight)
    assert kernels.shape == (64, 3, 11, 11)
