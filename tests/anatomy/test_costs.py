"""Multiply-adds and operations against torch's counter, torchvision's figures, torchinfo and arithmetic."""

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from striate.anatomy.anatomy import anatomy_of

FAST = ["alexnet", "vgg11", "squeezenet1_1", "resnet18"]
SLOW = [
    *("shufflenet_v2_x1_0", "mobilenet_v3_small", "googlenet"),
    *("resnet50", "resnet152", "resnext50_32x4d", "wide_resnet50_2", "densenet121", "inception_v3"),
    *("mobilenet_v2", "mnasnet1_0", "efficientnet_b0", "convnext_tiny", "regnet_y_400mf", "vit_b_16"),
    *("vgg16_bn", "swin_t"),
]


def network_and_size(name):
    weights = torchvision.models.get_model_weights(name).DEFAULT
    side = weights.transforms().crop_size[0]
    kwargs = {"init_weights": False} if name in {"googlenet", "inception_v3"} else {}
    device = "cpu" if name.startswith("regnet") else "meta"
    with torch.device(device):
        network = torchvision.models.get_model(name, weights=None, **kwargs)
    return network, (3, side, side), weights.meta["_ops"], weights.meta["num_params"]


@pytest.mark.parametrize("name", [*FAST, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_multiply_adds_and_parameters_are_torchvisions(name):
    network, size, giga, parameters = network_and_size(name)
    anatomy = anatomy_of(network, size)
    assert anatomy.multiply_adds / 1e9 == pytest.approx(giga, rel=1e-3, abs=5e-4)  # published in 0.001 G
    assert anatomy.parameters - sum(anatomy.unused.values()) == parameters or anatomy.parameters == parameters


@pytest.mark.parametrize("name", ["resnet18", "alexnet"])
def test_multiply_adds_are_half_of_what_torch_counts(name):
    network, size, _, _ = network_and_size(name)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network.eval()(torch.empty(1, *size, device="meta"))
    assert 2 * anatomy_of(network, size).multiply_adds == counter.get_total_flops()


@pytest.mark.parity
def test_torchinfo_agrees_but_for_the_biases_of_dense_layers():
    torchinfo = pytest.importorskip("torchinfo")
    net = nn.Sequential(
        *(nn.Conv2d(3, 8, 3, bias=False), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Conv2d(8, 16, 3, groups=4, bias=False),
        *(nn.Flatten(), nn.Linear(16 * 13 * 13, 10)),
    )
    ours, theirs = anatomy_of(net, (3, 32, 32)), torchinfo.summary(net, (1, 3, 32, 32), verbose=0)
    assert theirs.total_params == ours.parameters
    assert theirs.total_mult_adds - ours.multiply_adds == 10  # torchinfo counts a bias as a multiply-add


@pytest.mark.parity
def test_torchinfo_is_wrong_for_norms_repeated_dense_layers_and_weights_used_directly():
    torchinfo = pytest.importorskip("torchinfo")

    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1, bias=False)
            self.norm = nn.BatchNorm2d(4)
            self.dense = nn.Linear(4, 5, bias=False)
            self.weight = nn.Parameter(torch.ones(20, 7))

        def forward(self, pictures):
            maps = self.norm(self.conv(pictures)).permute(0, 2, 3, 1)
            return self.dense(maps).flatten(1) @ self.weight

    net = Mixed()
    assert anatomy_of(net, (3, 2, 2)).multiply_adds == 4 * 3 * 4 + 4 * 4 * 5 + 20 * 7
    # It counts a scale and a shift a channel, a dense layer once for four positions, and no
    # product outside layers.
    assert torchinfo.summary(net, (1, 3, 2, 2), verbose=0).total_mult_adds == 4 * 3 * 4 + 2 * 4 + 4 * 5


def test_operations_count_every_multiplication_and_addition():
    conv = anatomy_of(nn.Conv2d(2, 3, 3), (2, 5, 5)).layers[0]
    assert conv.operations == 27 * (18 + 17 + 1)  # products, additions, the bias
    assert anatomy_of(nn.Conv2d(2, 3, 3, bias=False), (2, 5, 5)).operations == 27 * 35
    assert anatomy_of(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), (1, 2, 2)).operations == 2 * (4 + 3 + 1)
    assert anatomy_of(nn.MaxPool2d(2), (1, 4, 4)).operations == 4 * 3
    assert anatomy_of(nn.AvgPool2d(2), (1, 4, 4)).operations == 4 * 4
    assert anatomy_of(nn.ReLU(), (1, 4, 4)).operations == 16
    assert anatomy_of(nn.BatchNorm2d(1), (1, 4, 4)).operations == 32


def test_a_transposed_convolution_multiplies_at_every_input():
    layer = anatomy_of(nn.ConvTranspose2d(3, 5, 4, stride=2, bias=False), (3, 6, 7)).layers[0]
    assert layer.multiply_adds == 6 * 7 * 3 * 5 * 4 * 4
