"""A norm folded into its convolution answers as before, and is folded only where nobody else reads it."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from striate.explanation.heat.target_layer import Layer, read_layer
from striate.models.build import create_model
from striate.models.catalog import MODELS
from striate.models.surgery.folded_norms import FoldedNorms

GENERATOR = torch.Generator()


def lived(network):
    """In evaluation mode, with norms that have seen something."""
    GENERATOR.manual_seed(5)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.uniform_(-0.2, 0.2, generator=GENERATOR)
            layer.running_var.uniform_(0.5, 2, generator=GENERATOR)
            if layer.affine:
                with torch.no_grad():
                    layer.weight.uniform_(0.5, 1.5, generator=GENERATOR)
                    layer.bias.uniform_(-0.5, 0.5, generator=GENERATOR)
    return network.eval()


class Net(nn.Module):
    """A convolution and a norm, used in the way that a test names."""

    def __init__(self, way, *, bias=True, affine=True):
        super().__init__()
        self.way = way
        self.conv = nn.Conv2d(3, 3, 3, padding=1, bias=bias)
        self.bn, self.other = nn.BatchNorm2d(3, affine=affine), nn.BatchNorm2d(3)

    def forward(self, maps):
        before = self.conv(maps)
        match self.way:
            case "in a row":
                return F.relu(self.bn(before))
            case "read beside the norm":
                return self.bn(before) + before
            case "changed before the norm":
                return self.bn(before.mul_(2))
            case "two norms":
                return self.bn(before) + self.other(before)
            case "a convolution used twice":
                return self.bn(self.conv(F.relu(before)))
            case "a norm used twice":
                return self.bn(F.relu(self.bn(before)))


def calls_of_norm(network, images, mode):
    """The answer, and how many norms were really computed."""
    with torch.no_grad(), torch.profiler.profile() as seen, mode:
        answer = network(images)
    return answer, sum(event.name == "aten::batch_norm" for event in seen.events())


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
def test_a_norm_after_a_convolution_is_not_computed_again(bias, affine):
    network, mode = lived(Net("in a row", bias=bias, affine=affine)), FoldedNorms()
    images = torch.randn(2, 3, 8, 8)
    first, computed = calls_of_norm(network, images, mode)
    assert computed == 1
    second, computed = calls_of_norm(network, images, mode)
    assert computed == 0
    torch.testing.assert_close(second, first, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "way",
    [
        "read beside the norm",
        "changed before the norm",
        "two norms",
        "a convolution used twice",
        "a norm used twice",
    ],
)
def test_what_others_read_is_left_alone(way):
    network, mode = lived(Net(way)), FoldedNorms()
    images = torch.randn(2, 3, 8, 8)
    first, computed = calls_of_norm(network, images, mode)
    second, again = calls_of_norm(network, images, mode)
    assert again == computed > 0
    assert torch.equal(first, second)


def test_a_norm_in_training_is_left_alone():
    network, mode = Net("in a row").train(), FoldedNorms()
    for _ in range(2):
        _, computed = calls_of_norm(network, torch.randn(2, 3, 8, 8), mode)
        assert computed == 1


def test_a_call_that_fails_teaches_nothing():
    network, mode = lived(Net("in a row")), FoldedNorms()
    with pytest.raises(RuntimeError, match="channels"), mode:
        network(torch.randn(1, 2, 8, 8))
    assert [calls_of_norm(network, torch.randn(1, 3, 8, 8), mode)[1] for _ in range(2)] == [1, 0]


def test_the_maps_of_a_convolution_are_its_own_when_they_are_asked_for():
    network, mode = lived(Net("in a row")), FoldedNorms()
    images = torch.randn(1, 3, 8, 8)
    layer = Layer("conv", 0, (3, 8, 8))
    for _ in range(2):
        with mode:
            reading = read_layer(network, layer, images)
        assert torch.equal(reading.maps.detach(), network.conv(images))


def test_gradients_by_the_picture_stay():
    network, mode = lived(Net("in a row")), FoldedNorms()
    found = []
    for _ in range(2):
        images = torch.arange(192.0).view(1, 3, 8, 8).remainder(7).requires_grad_()
        with mode:
            total = network(images).square().sum()
        found.append(torch.autograd.grad(total, images)[0])
    torch.testing.assert_close(found[1], found[0], rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODELS if "1202" not in name])
def test_every_network_answers_the_same_with_its_norms_folded(name):
    entry = MODELS[name]
    torch.manual_seed(3)
    network, mode = lived(create_model(name, image_size=entry.smallest)), FoldedNorms()
    images = torch.rand(2, entry.input[0], entry.smallest, entry.smallest)
    with torch.no_grad(), mode:
        first = network(images)
    with torch.no_grad(), mode:
        second = network(images)
    scale = float(first.abs().max())
    assert float((second - first).abs().max()) <= 1e-4 * scale
