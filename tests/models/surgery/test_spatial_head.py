"""A head over places: it finds where, on every kind of network, and trains with all of its blocks."""

import pytest
import torch

from striate.models.backbone import Backbone, head_parameter_names
from striate.models.build import create_model
from striate.models.surgery.blocks import blocks_of
from striate.models.surgery.spatial_head import WithSpatialHead

NETWORKS = [
    "lenet5",
    "resnet18",
    "efficientnet_lite0",
    "squeezenet1_1",
    "vgg11",
    "mobilenet_v2",
    "densenet121",
]


def made(name, side=64, placed=5, pooled=3):
    torch.manual_seed(0)
    network = create_model(name, num_classes=8, in_channels=3, image_size=side)
    return WithSpatialHead(network, (3, side, side), placed, pooled)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_as_many_numbers_and_every_parameter_learns(name):
    network = made(name).train()
    outputs = network(torch.randn(2, 3, 64, 64))
    assert outputs.shape == (2, 8)
    outputs.square().sum().backward()
    assert [n for n, parameter in network.named_parameters() if parameter.grad is None] == []


def test_a_pooled_head_cannot_tell_where_and_this_one_can():
    network = made("efficientnet_lite0").eval()
    maps = torch.zeros(2, 1280, 2, 2)
    maps[0, :, 0, 0] = maps[1, :, 1, 1] = 1.0
    outputs = network.place(maps)
    assert not torch.allclose(outputs[0, :5], outputs[1, :5])
    assert torch.allclose(outputs[0, 5:], outputs[1, 5:])


def test_it_is_a_backbone_whose_blocks_are_those_of_its_trunk():
    network, plain = made("resnet18"), create_model("resnet18", num_classes=8)
    assert isinstance(network, Backbone)
    images = torch.zeros(1, 3, 64, 64)
    inner = [{name.removeprefix("trunk.") for name in block} for block in blocks_of(network, images)]
    of_plain = [set(block) for block in blocks_of(plain, images)]
    assert [block for block in inner if not any(n.startswith("place") for n in block)] == of_plain
    assert head_parameter_names(network) == {"place.dense.weight", "place.dense.bias"}


def test_the_pretrained_trunk_is_kept_as_it_is():
    plain = create_model("resnet18", num_classes=8).eval()
    images = torch.randn(1, 3, 64, 64, generator=torch.manual_seed(1))
    expected = plain.feature_maps(images)[-1]
    network = WithSpatialHead(plain, (3, 64, 64), 5, 3).eval()
    assert torch.equal(network.feature_maps(images)[-1], expected)
