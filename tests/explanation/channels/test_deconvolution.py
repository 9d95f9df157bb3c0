"""The deconvnet, held against a backward pass whose rectifiers look at the gradient, and switches by hand."""

import pytest
import torch
from torch import nn

from striate.errors import StriateError, UnknownName
from striate.explanation.channels.deconvolution import project_back
from striate.models.build import create_model


class GradientRectifier(torch.autograd.Function):
    """Forward a ReLU; backward the positive part of the gradient, wherever the input was."""

    @staticmethod
    def forward(_, values):
        return values.clamp(min=0)

    @staticmethod
    def backward(_, gradient):
        return gradient.clamp(min=0)


def by_autograd(layers, images, channel):
    """Simonyan et al. 2013, section 4: a deconvnet is a backward pass with another rule for ReLU."""
    images = images.clone().requires_grad_()
    maps = images
    for layer in layers:
        maps = GradientRectifier.apply(maps) if isinstance(layer, nn.ReLU) else layer(maps)
    rectified = maps[0, channel].clamp(min=0)
    value = rectified.max().detach()
    peak = (rectified == value).nonzero()[0]
    (value * maps[0, channel, peak[0], peak[1]]).backward()
    return images.grad[0], float(value)


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg11"])
def test_it_is_a_backward_pass_with_rectified_gradients(name):
    torch.manual_seed(0)
    network = create_model(name)
    if name == "lenet5":
        layers = [network.c1, network.relu1, network.s2, network.c3]
        images, layer = torch.randn(1, 1, 32, 32), "c3"
    else:
        layers, layer = list(network.features[:7]), "features.6"
        images = torch.randn(1, 3, 96, 96)
    for channel in (0, 3):
        (found,) = project_back(network, images, layer, [channel])
        expected, value = by_autograd(layers, images, channel)
        assert found.value == pytest.approx(value, rel=1e-5)
        assert torch.allclose(found.pixels, expected, atol=1e-4 * float(expected.abs().max()))


def test_a_pool_sends_its_answer_to_the_switch():
    network = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(1, 1, 1, bias=False))
    nn.init.constant_(network[1].weight, 2.0)
    picture = torch.tensor([[[[1.0, 2, 0, 0], [0, 5, 0, 0], [0, 0, 1, 0], [0, 0, 0, 3]]]])
    (found,) = project_back(network, picture, "1", [0])
    assert (found.value, found.cell) == (10.0, (0, 0))
    expected = torch.zeros(4, 4)
    expected[1, 1] = 20  # the answer 10 through the kernel 2, at the place of the 5
    assert torch.equal(found.pixels[0], expected)
    assert found.box == (1, 1, 2, 2)


def test_the_strongest_nine_channels_come_first_and_a_silent_one_is_nothing():
    network = nn.Sequential(nn.Conv2d(1, 12, 1, bias=False), nn.ReLU())
    network[0].weight.data = torch.arange(-2.0, 10.0).view(12, 1, 1, 1)
    found = project_back(network, torch.ones(1, 1, 3, 3), "1")
    assert [one.channel for one in found] == [11, 10, 9, 8, 7, 6, 5, 4, 3]
    (silent,) = project_back(network, torch.ones(1, 1, 3, 3), "1", [0])
    assert silent.value == 0
    assert silent.box == (0, 0, 0, 0)
    assert not silent.pixels.any()


def test_the_box_is_the_receptive_field():
    torch.manual_seed(1)
    network = create_model("vgg11")
    picture = torch.randn(1, 3, 96, 96)
    (found,) = project_back(network, picture, "features.3", [5])
    x1, y1, x2, y2 = found.box
    assert x2 - x1 <= 8  # conv3, pool2, conv3: 1 + 2 + 1 + 2 * 2 pixels
    assert y2 - y1 <= 8
    assert x1 <= 2 * found.cell[1] + 1 <= x2
    assert y1 <= 2 * found.cell[0] + 1 <= y2


@pytest.mark.parametrize(
    ("name", "layer", "reason"),
    [("resnet18", "layer1.0.conv2", "bn1 is a BatchNorm2d"), ("lenet5_average", "c3", "s2 is a AvgPool2d")],
)
def test_other_networks_are_refused_with_the_layer_that_stands_in_the_way(name, layer, reason):
    network = create_model(name)
    size = (1, 1, 32, 32) if "lenet" in name else (1, 3, 64, 64)
    with pytest.raises(StriateError, match=reason):
        project_back(network, torch.rand(size), layer)


def test_unknown_layers_and_channels_are_refused_and_no_hook_stays():
    network = create_model("vgg11")
    with pytest.raises(UnknownName, match=r"features\.0"):
        project_back(network, torch.rand(1, 3, 64, 64), "feature.0")
    with pytest.raises(StriateError, match="no channel 64"):
        project_back(network, torch.rand(1, 3, 64, 64), "features.0", [64])
    assert not any(module._forward_hooks for module in network.modules())
