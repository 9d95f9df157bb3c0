"""Branches side by side, and the course's arithmetic of the Inception module on them."""

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from striate.layers.branches import Branches
from striate.layers.conv_norm import ConvNormReLU, chain


def multiplies(layer: nn.Module, images: Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        layer.eval()(images)
    total: int = counter.get_total_flops() // 2
    return total


def weights(layer: nn.Module) -> int:
    return sum(conv.weight.numel() for conv in layer.modules() if isinstance(conv, nn.Conv2d))


def naive(before: int) -> Branches:
    return Branches(
        {
            "one": ConvNormReLU(before, 128, 1),
            "three": ConvNormReLU(before, 192, 3),
            "five": ConvNormReLU(before, 96, 5),
            "pooled": nn.MaxPool2d(3, stride=1, padding=1),
        }
    )


def reduced(before: int) -> Branches:
    return Branches(
        {
            "one": ConvNormReLU(before, 128, 1),
            "three": chain(before, (64, 1), (192, 3)),
            "five": chain(before, (64, 1), (96, 5)),
            "pooled": nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), ConvNormReLU(before, 64, 1)),
        }
    )


@pytest.mark.parametrize(
    ("module", "channels", "values", "multiplied", "held"),
    [
        (naive, 672, 526_848, 854_196_224, 1_089_536),
        (reduced, 480, 376_320, 271_351_808, 346_112),
    ],
)
def test_the_lectures_inception_modules_cost_what_arithmetic_says(module, channels, values, multiplied, held):
    with torch.device("meta"):
        layer, images = module(256).eval(), torch.empty(1, 256, 28, 28)
        output = layer(images)
        assert output.shape == (1, channels, 28, 28)
        assert output.numel() == values
        assert multiplies(layer, images) == multiplied
    assert weights(layer) == held


def test_a_bottleneck_before_5x5_saves_seven_eighths_of_the_multiplies():
    with torch.device("meta"):
        direct, bottleneck = ConvNormReLU(256, 96, 5), chain(256, (32, 1), (96, 5))
        images = torch.empty(1, 256, 28, 28)
        assert multiplies(direct, images) == 28 * 28 * 96 * 5 * 5 * 256 == 481_689_600
        assert multiplies(bottleneck, images) == 6_422_528 + 60_211_200 == 66_633_728
    assert (weights(direct), weights(bottleneck)) == (614_400, 8_192 + 76_800)


@pytest.mark.parametrize(
    ("long", "short", "ratio"),
    [
        ([(64, 5)], [(64, 3), (64, 3)], 18 / 25),
        ([(64, 3)], [(64, (1, 3)), (64, (3, 1))], 6 / 9),
        ([(64, 7)], [(64, (1, 7)), (64, (7, 1))], 14 / 49),
    ],
)
def test_factorised_filters_hold_the_lectures_share_of_the_weights(long, short, ratio):
    with torch.device("meta"):
        assert weights(chain(64, *short)) / weights(chain(64, *long)) == pytest.approx(ratio)
        images = torch.empty(1, 64, 17, 17)
        assert chain(64, *short).eval()(images).shape == chain(64, *long).eval()(images).shape


def test_branches_put_their_maps_one_after_the_other_in_the_order_given():
    class Times(nn.Module):
        def __init__(self, factor: float) -> None:
            super().__init__()
            self.factor = factor

        def forward(self, maps: Tensor) -> Tensor:
            return maps * self.factor

    maps = torch.arange(8.0).view(1, 2, 2, 2)
    joined = Branches({"b": Times(2.0), "a": Times(-1.0)})(maps)
    assert torch.equal(joined[:, :2], maps * 2)
    assert torch.equal(joined[:, 2:], -maps)


def test_keras_same_padding_lets_strided_branches_concatenate_and_valid_padding_does_not():
    """The course's Keras module (a: 1x1 s2; b: 1x1, 3x3 s2; c: average 3 s2, 3x3; d: 1x1, 3x3, 3x3 s2)."""

    def module(*, valid: bool) -> Branches:
        padding = 0 if valid else 1
        pool = nn.AvgPool2d(3, stride=2, padding=padding)
        return Branches(
            {
                "a": ConvNormReLU(8, 128, 1, stride=2, valid=valid),
                "b": nn.Sequential(ConvNormReLU(8, 128, 1), ConvNormReLU(128, 128, 3, stride=2, valid=valid)),
                "c": nn.Sequential(pool, ConvNormReLU(8, 128, 3, valid=valid)),
                "d": nn.Sequential(
                    ConvNormReLU(8, 128, 1),
                    ConvNormReLU(128, 128, 3, valid=valid),
                    ConvNormReLU(128, 128, 3, stride=2, valid=valid),
                ),
            }
        )

    for side, halved in ((28, 14), (35, 18)):
        images = torch.zeros(1, 8, side, side)
        assert module(valid=False)(images).shape == (1, 512, halved, halved)
        with pytest.raises(RuntimeError, match="Sizes of tensors must match"):
            module(valid=True)(images)
    branches = module(valid=True)
    assert [branch(torch.zeros(1, 8, 28, 28)).shape[2] for branch in branches.values()] == [14, 13, 11, 12]


def test_a_unit_convolves_normalises_and_rectifies():
    unit = ConvNormReLU(1, 1, (1, 3)).eval()
    nn.init.ones_(unit.conv.weight)
    unit.bn.running_mean.fill_(4.0)
    unit.bn.running_var.fill_(4.0 - 1e-3)  # epsilon is 0.001
    row = torch.tensor([1.0, 2.0, 3.0]).view(1, 1, 1, 3)
    sums = torch.tensor([3.0, 6.0, 5.0])
    torch.testing.assert_close(unit(row).flatten(), ((sums - 4) / 2).clamp(min=0))
