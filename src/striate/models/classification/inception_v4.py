"""Inception v4: one uniform line of Inception modules, with reductions of their own between the sizes.

Source: Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
AAAI 2017, arXiv:1602.07261, figures 3 to 9
Differs: nothing; the start is He et al. 2015, as in Google's release (the paper gives none). Names of weights
are timm's.
"""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from striate.layers.branches import Branches
from striate.layers.conv_norm import ConvNormReLU, chain
from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits


class InceptionC(nn.Module):
    """The 8x8 module, whose branches end in 1x3 and 3x1 side by side (figure 6)."""

    def __init__(self) -> None:
        super().__init__()
        self.branch0 = ConvNormReLU(1536, 256, 1)
        self.branch1_0 = ConvNormReLU(1536, 384, 1)
        self.branch1_1a = ConvNormReLU(384, 256, (1, 3))
        self.branch1_1b = ConvNormReLU(384, 256, (3, 1))
        self.branch2_0 = ConvNormReLU(1536, 384, 1)
        self.branch2_1 = ConvNormReLU(384, 448, (3, 1))
        self.branch2_2 = ConvNormReLU(448, 512, (1, 3))
        self.branch2_3a = ConvNormReLU(512, 256, (1, 3))
        self.branch2_3b = ConvNormReLU(512, 256, (3, 1))
        self.branch3 = nn.Sequential(_average(), ConvNormReLU(1536, 256, 1))

    def forward(self, maps: Map) -> Map:  # (B, 1536, H, W) -> (B, 1536, H, W)
        one = self.branch1_0(maps)
        three = self.branch2_2(self.branch2_1(self.branch2_0(maps)))
        first = [self.branch0(maps), self.branch1_1a(one), self.branch1_1b(one)]
        second = [self.branch2_3a(three), self.branch2_3b(three), self.branch3(maps)]
        return torch.cat([*first, *second], dim=1)


class InceptionV4(nn.Module):
    """Stem, 4 modules A on 35x35, 7 modules B on 17x17, 3 modules C on 8x8 (figure 9)."""

    head: ClassVar[str] = "last_linear"
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16, 32)

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_stem(in_channels),
            *(_inception_a() for _ in range(4)),
            _reduction_a(),
            *(_inception_b() for _ in range(7)),
            _reduction_b(),
            *(InceptionC() for _ in range(3)),
        )
        self.dropout = nn.Dropout(0.2)  # figure 9 keeps 0.8
        self.last_linear = nn.Linear(1536, num_classes)
        for layer in self.features.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
        initialise_head(self.last_linear)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16, 32 with 192, 384, 1024, 1536 channels: the last before each halving."""
        maps = [images]
        for first, end in pairwise((0, 5, 10, 18, 22)):
            maps.append(self.features[first:end](maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 1536, H/32, W/32)
        logits: Tensor = self.last_linear(self.dropout(last.mean(dim=(2, 3))))
        return logits


def _stem(in_channels: int) -> list[nn.Module]:
    """Figure 3: the size is halved three times, twice by pooling and convolution side by side."""
    short = nn.Sequential(ConvNormReLU(160, 64, 1), ConvNormReLU(64, 96, 3, valid=True))
    long = chain(160, (64, 1), (64, (1, 7)), (64, (7, 1)), (96, 3, 1))
    return [
        ConvNormReLU(in_channels, 32, 3, stride=2, valid=True),
        ConvNormReLU(32, 32, 3, valid=True),
        ConvNormReLU(32, 64, 3),
        Branches({"maxpool": _halving_pool(), "conv": ConvNormReLU(64, 96, 3, stride=2, valid=True)}),
        Branches({"branch0": short, "branch1": long}),
        Branches({"conv": ConvNormReLU(192, 192, 3, stride=2, valid=True), "maxpool": _halving_pool()}),
    ]


def _inception_a() -> Branches:
    """Figure 4: 1x1, 3x3 and a double 3x3."""
    return Branches(
        {
            "branch0": ConvNormReLU(384, 96, 1),
            "branch1": chain(384, (64, 1), (96, 3)),
            "branch2": chain(384, (64, 1), (96, 3), (96, 3)),
            "branch3": nn.Sequential(_average(), ConvNormReLU(384, 96, 1)),
        }
    )


def _reduction_a() -> Branches:
    """Figure 7 with k, l, m, n = 192, 224, 256, 384 (table 1)."""
    return Branches(
        {
            "branch0": ConvNormReLU(384, 384, 3, stride=2, valid=True),
            "branch1": chain(384, (192, 1), (224, 3), (256, 3, 2)),
            "branch2": _halving_pool(),
        }
    )


def _inception_b() -> Branches:
    """Figure 5: 7x7 as 1x7 and 7x1, once and twice."""
    return Branches(
        {
            "branch0": ConvNormReLU(1024, 384, 1),
            "branch1": chain(1024, (192, 1), (224, (1, 7)), (256, (7, 1))),
            "branch2": chain(1024, (192, 1), (192, (7, 1)), (224, (1, 7)), (224, (7, 1)), (256, (1, 7))),
            "branch3": nn.Sequential(_average(), ConvNormReLU(1024, 128, 1)),
        }
    )


def _reduction_b() -> Branches:
    """Figure 8."""
    return Branches(
        {
            "branch0": chain(1024, (192, 1), (192, 3, 2)),
            "branch1": chain(1024, (256, 1), (256, (1, 7)), (320, (7, 1)), (320, 3, 2)),
            "branch2": _halving_pool(),
        }
    )


def _average() -> nn.AvgPool2d:
    return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)


def _halving_pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(3, stride=2)


def inception_v4(num_classes: int = 1000, in_channels: int = 3) -> InceptionV4:
    """Inception v4, 42,679,816 parameters."""
    return InceptionV4(num_classes, in_channels)
