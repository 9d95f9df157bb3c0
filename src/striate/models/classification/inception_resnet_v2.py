"""Inception-ResNet v2: Inception modules that learn corrections, scaled down before they are added.

Source: Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
AAAI 2017, arXiv:1602.07261, figures 15 to 19 and section 3.3
Differs: as Google's release, on which the published weights rest. The stem is Inception v3's and one module
more, not figure 3; there are twice as many modules (10, 20, 10) as in figure 15; corrections are scaled by
0.17, 0.1 and 0.2, and the very last is added whole and not rectified. The start is Glorot and Bengio 2010,
the release's. Names of weights are timm's.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from striate.layers.branches import Branches
from striate.layers.conv_norm import ConvNormReLU, chain
from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits


class Residual(nn.Module):
    """Branches side by side, a linear 1x1 convolution that restores the channels, added to the input."""

    def __init__(self, channels: int, joined: int, branches: list[nn.Module], scale: float) -> None:
        super().__init__()
        self.names = [f"branch{number}" for number in range(len(branches))]
        for name, branch in zip(self.names, branches, strict=True):
            self.add_module(name, branch)
        self.conv2d = nn.Conv2d(joined, channels, 1)
        self.relu: nn.Module = nn.ReLU()
        self.scale = scale

    def forward(self, maps: Map) -> Map:
        correction = self.conv2d(torch.cat([self.get_submodule(name)(maps) for name in self.names], dim=1))
        after: Tensor = self.relu(maps + self.scale * correction)
        return after


class InceptionResNetV2(nn.Module):
    """Stem, 10 blocks on 35x35, 20 on 17x17, 10 on 8x8, and a 1x1 convolution to 1536 channels."""

    head: ClassVar[str] = "classif"
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16, 32)

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.conv2d_1a = ConvNormReLU(in_channels, 32, 3, stride=2, valid=True)
        self.conv2d_2a = ConvNormReLU(32, 32, 3, valid=True)
        self.conv2d_2b = ConvNormReLU(32, 64, 3)
        self.maxpool_3a = nn.MaxPool2d(3, stride=2)
        self.conv2d_3b = ConvNormReLU(64, 80, 1)
        self.conv2d_4a = ConvNormReLU(80, 192, 3, valid=True)
        self.maxpool_5a = nn.MaxPool2d(3, stride=2)
        self.mixed_5b = _mixed_5b()
        self.repeat = nn.Sequential(*(_block35() for _ in range(10)))
        self.mixed_6a = _reduction_a()
        self.repeat_1 = nn.Sequential(*(_block17() for _ in range(20)))
        self.mixed_7a = _reduction_b()
        self.repeat_2 = nn.Sequential(*(_block8(scale=0.2) for _ in range(9)))
        self.block8 = _block8(scale=1.0)
        self.block8.relu = nn.Identity()
        self.conv2d_7b = ConvNormReLU(2080, 1536, 1)
        self.dropout = nn.Dropout(0.2)  # figure 15 keeps 0.8
        self.classif = nn.Linear(1536, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.xavier_uniform_(layer.weight)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        initialise_head(self.classif)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16, 32 with 192, 320, 1088, 1536 channels: the last before each halving."""
        found = self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(images)))
        at4 = self.conv2d_4a(self.conv2d_3b(self.maxpool_3a(found)))
        at8 = self.repeat(self.mixed_5b(self.maxpool_5a(at4)))
        at16 = self.repeat_1(self.mixed_6a(at8))
        at32 = self.conv2d_7b(self.block8(self.repeat_2(self.mixed_7a(at16))))
        return [at4, at8, at16, at32]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 1536, H/32, W/32)
        logits: Tensor = self.classif(self.dropout(last.mean(dim=(2, 3))))
        return logits


def _mixed_5b() -> Branches:
    """The release's first module, 320 channels."""
    average = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    return Branches(
        {
            "branch0": ConvNormReLU(192, 96, 1),
            "branch1": chain(192, (48, 1), (64, 5)),
            "branch2": chain(192, (64, 1), (96, 3), (96, 3)),
            "branch3": nn.Sequential(average, ConvNormReLU(192, 64, 1)),
        }
    )


def _block35() -> Residual:
    """Figure 16."""
    threes = [chain(320, (32, 1), (32, 3)), chain(320, (32, 1), (48, 3), (64, 3))]
    return Residual(320, 128, [ConvNormReLU(320, 32, 1), *threes], scale=0.17)


def _reduction_a() -> Branches:
    """Figure 7 with k, l, m, n = 256, 256, 384, 384 (table 1)."""
    return Branches(
        {
            "branch0": ConvNormReLU(320, 384, 3, stride=2, valid=True),
            "branch1": chain(320, (256, 1), (256, 3), (384, 3, 2)),
            "branch2": nn.MaxPool2d(3, stride=2),
        }
    )


def _block17() -> Residual:
    """Figure 17, whose 1154 channels are 1088 (384 + 384 + 320 come out of the reduction)."""
    sevens = chain(1088, (128, 1), (160, (1, 7)), (192, (7, 1)))
    return Residual(1088, 384, [ConvNormReLU(1088, 192, 1), sevens], scale=0.1)


def _reduction_b() -> Branches:
    """Figure 18."""
    return Branches(
        {
            "branch0": chain(1088, (256, 1), (384, 3, 2)),
            "branch1": chain(1088, (256, 1), (288, 3, 2)),
            "branch2": chain(1088, (256, 1), (288, 3), (320, 3, 2)),
            "branch3": nn.MaxPool2d(3, stride=2),
        }
    )


def _block8(scale: float) -> Residual:
    """Figure 19, whose 2048 channels are 2080 (1088 + 384 + 288 + 320)."""
    threes = chain(2080, (192, 1), (224, (1, 3)), (256, (3, 1)))
    return Residual(2080, 448, [ConvNormReLU(2080, 192, 1), threes], scale)


def inception_resnet_v2(num_classes: int = 1000, in_channels: int = 3) -> InceptionResNetV2:
    """Inception-ResNet v2, 55,843,464 parameters."""
    return InceptionResNetV2(num_classes, in_channels)
