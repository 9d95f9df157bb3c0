"""A task's own head on the last maps of any network: everything learns, nothing dead is left."""

import pytest
import torch

from striate.layers.looking import mean_places, middles
from striate.models.backbone import Backbone, head_parameter_names
from striate.models.build import create_model
from striate.models.surgery.blocks import blocks_of
from striate.models.surgery.own_head import OwnHead
from striate.tasks.locate.head import LocateHead

NETWORKS = ["lenet5", "resnet18", "efficientnet_lite0", "squeezenet1_1", "vgg11", "mobilenet_v2"]


def made(name, side=64, classes=3):
    torch.manual_seed(0)
    network = create_model(name, num_classes=5 + classes, in_channels=3, image_size=side)
    return OwnHead(network, (3, side, side), lambda depths: LocateHead(depths, classes))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_as_many_numbers_and_every_parameter_learns(name):
    network = made(name).train()
    outputs = network(torch.randn(2, 3, 64, 64))[0]  # in training also where it looked
    assert outputs.shape == (2, 8)
    outputs.square().sum().backward()
    assert [n for n, parameter in network.named_parameters() if parameter.grad is None] == []


def test_an_object_that_moves_takes_its_box_along_and_keeps_its_size_and_class():
    head = made("efficientnet_lite0").place.eval()
    with torch.no_grad():
        head.scores.weight.abs_().mul_(300)  # look at one place alone
    generator = torch.manual_seed(3)
    maps = [torch.zeros(2, depth, side, side) for depth, side in ((1280, 8), (112, 16), (40, 32))]
    thing = [
        torch.rand(one.shape[1], 2**level, 2**level, generator=generator) for level, one in enumerate(maps)
    ]
    for row, (y, x) in enumerate(((2, 2), (4, 5))):
        for level, one in enumerate(maps):
            side = 2**level
            one[row, :, side * y : side * (y + 1), side * x : side * (x + 1)] = 5 * thing[level]
    here, there = head(maps).detach()
    moved = there - here
    assert moved[1:3].tolist() == pytest.approx([3 / 8, 2 / 8], abs=2e-3)
    assert moved[[0, 3, 4, 5, 6, 7]].abs().max() < 2e-3


def test_the_mean_place_of_one_cell_is_its_middle():
    weights = torch.eye(6)[None]
    assert torch.equal(mean_places(weights, 2, 3)[0], middles(2, 3, weights))
    assert middles(2, 3, weights)[4].tolist() == pytest.approx([0.5, 0.75])


def test_it_is_a_backbone_whose_blocks_are_those_of_its_trunk():
    network, plain = made("resnet18"), create_model("resnet18", num_classes=8)
    assert isinstance(network, Backbone)
    images = torch.zeros(1, 3, 64, 64)
    inner = [{name.removeprefix("trunk.") for name in block} for block in blocks_of(network, images)]
    of_plain = [set(block) for block in blocks_of(plain, images)]
    assert [block for block in inner if not any(n.startswith("place") for n in block)] == of_plain
    assert head_parameter_names(network) == {"place.outputs.weight", "place.outputs.bias"}


def test_the_pretrained_trunk_is_kept_as_it_is():
    plain = create_model("resnet18", num_classes=8).eval()
    images = torch.randn(1, 3, 64, 64, generator=torch.manual_seed(1))
    expected = plain.feature_maps(images)[-1]
    network = OwnHead(plain, (3, 64, 64), lambda depths: LocateHead(depths, 3)).eval()
    assert torch.equal(network.feature_maps(images)[-1], expected)


class Finest(torch.nn.Module):
    """A head that answers on the finest map that it is given."""

    def __init__(self, depths):
        super().__init__()
        self.last = torch.nn.Conv2d(depths[-1], 2, kernel_size=1)

    def forward(self, maps):
        return self.last(maps[-1])


@pytest.mark.parametrize(("sizes", "side"), [(3, 8), (4, 16)])
def test_a_head_reads_as_many_sizes_as_it_asks_for_under_its_own_name(sizes, side):
    plain = create_model("resnet18", num_classes=2)
    network = OwnHead(plain, (3, 64, 64), Finest, sizes=sizes, cut="mask", last="last")
    assert isinstance(network, Backbone) and network.cut == "mask"
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 2, side, side)
    assert head_parameter_names(network) == {"mask.last.weight", "mask.last.bias"}
    assert not any(name.startswith("place") for name in network.state_dict())
