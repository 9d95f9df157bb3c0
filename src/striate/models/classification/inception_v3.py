"""Inception v3: large filters factorised, 5x5 into two 3x3, 7x7 into 1x7 and 7x1.

Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016,
arXiv:1512.00567, table 1 and figures 5 to 10
Differs: torchvision's network, number for number, after Google's release: 5x5 remains in the first three
modules, the auxiliary head convolves 5x5 before its dense layer. On inner maps below 17x17 that head's
pooling adapts to 5x5, so that small pictures can be learned. Weights read pictures as (x - 0.5) / 0.5;
torchvision converts inside the network (`transform_input`), here the weights' preprocessing says so (see
weights.py). The start is He et al. 2015: with torchvision's spread of 0.1 everywhere, maps grow a millionfold
before the statistics of normalisation are learned (the paper gives no start).
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from striate.layers.conv_norm import ConvNormReLU, Kernel
from striate.models.auxiliary import WithAuxiliary
from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits

AUXILIARY_WEIGHT = 0.4  # Google's release; the paper names none
Step = tuple[int, Kernel] | tuple[int, Kernel, int]


class Mixed(nn.Module):
    """Branches side by side, each a row of convolutions, and a pooling branch with or without projection.

    A step is (channels, kernel), padded, or (channels, kernel, stride), not padded.
    """

    def __init__(self, before: int, branches: dict[str, list[Step]], projected: int = 0) -> None:
        super().__init__()
        self.paths: list[list[str]] = []
        for name, steps in branches.items():
            # torchvision numbers the convolutions of a branch from 1, but not a single one.
            path = [f"{name}_{number + 1}" for number in range(len(steps))] if len(steps) > 1 else [name]
            inside = before
            for place, (after, kernel, *stride) in zip(path, steps, strict=True):
                self.add_module(place, ConvNormReLU(inside, after, kernel, *stride, valid=bool(stride)))
                inside = after
            self.paths.append(path)
        if projected:
            self.pool: nn.Module = nn.AvgPool2d(3, stride=1, padding=1)
            self.branch_pool: nn.Module = ConvNormReLU(before, projected, 1)
        else:
            self.pool = nn.MaxPool2d(3, stride=2)
            self.branch_pool = nn.Identity()

    def forward(self, maps: Map) -> Map:
        outputs = []
        for path in self.paths:
            found = maps
            for name in path:
                found = self.get_submodule(name)(found)
            outputs.append(found)
        return torch.cat([*outputs, self.branch_pool(self.pool(maps))], dim=1)


class MixedSplit(nn.Module):
    """The coarsest module, whose 3x3 are 1x3 and 3x1 side by side (figure 7)."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.branch1x1 = ConvNormReLU(before, 320, 1)
        self.branch3x3_1 = ConvNormReLU(before, 384, 1)
        self.branch3x3_2a = ConvNormReLU(384, 384, (1, 3))
        self.branch3x3_2b = ConvNormReLU(384, 384, (3, 1))
        self.branch3x3dbl_1 = ConvNormReLU(before, 448, 1)
        self.branch3x3dbl_2 = ConvNormReLU(448, 384, 3)
        self.branch3x3dbl_3a = ConvNormReLU(384, 384, (1, 3))
        self.branch3x3dbl_3b = ConvNormReLU(384, 384, (3, 1))
        self.pool = nn.AvgPool2d(3, stride=1, padding=1)
        self.branch_pool = ConvNormReLU(before, 192, 1)

    def forward(self, maps: Map) -> Map:  # (B, C, H, W) -> (B, 2048, H, W)
        one = self.branch3x3_1(maps)
        two = self.branch3x3dbl_2(self.branch3x3dbl_1(maps))
        ones = self.branch1x1(maps)
        threes = [self.branch3x3_2a(one), self.branch3x3_2b(one)]
        doubles = [self.branch3x3dbl_3a(two), self.branch3x3dbl_3b(two)]
        return torch.cat([ones, *threes, *doubles, self.branch_pool(self.pool(maps))], dim=1)


class AuxiliaryHead(nn.Module):
    """Average pooling, 1x1 and 5x5 convolutions, one dense layer on the last 17x17 map."""

    def __init__(self, before: int, num_classes: int) -> None:
        super().__init__()
        self.conv0 = ConvNormReLU(before, 128, 1)
        self.conv1 = ConvNormReLU(128, 768, 5, valid=True)
        self.fc = nn.Linear(768, num_classes)

    def forward(self, maps: Map) -> Logits:
        if min(maps.shape[2:]) >= 17:
            pooled = F.avg_pool2d(maps, 5, stride=3)
        else:
            pooled = F.adaptive_avg_pool2d(maps, 5)
        logits: Tensor = self.fc(self.conv1(self.conv0(pooled)).mean(dim=(2, 3)))
        return logits


class InceptionV3(nn.Module):
    """A stem of five convolutions, three modules on 35x35, four on 17x17, two on 8x8, and two reductions."""

    head: ClassVar[str] = "fc"
    auxiliary_heads: ClassVar[tuple[str, ...]] = ("AuxLogits.fc",)
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16, 32)

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = ConvNormReLU(in_channels, 32, 3, stride=2, valid=True)
        self.Conv2d_2a_3x3 = ConvNormReLU(32, 32, 3, valid=True)
        self.Conv2d_2b_3x3 = ConvNormReLU(32, 64, 3)
        self.maxpool1 = nn.MaxPool2d(3, stride=2)
        self.Conv2d_3b_1x1 = ConvNormReLU(64, 80, 1)
        self.Conv2d_4a_3x3 = ConvNormReLU(80, 192, 3, valid=True)
        self.maxpool2 = nn.MaxPool2d(3, stride=2)
        self.Mixed_5b = _mixed_5(192, projected=32)
        self.Mixed_5c = _mixed_5(256, projected=64)
        self.Mixed_5d = _mixed_5(288, projected=64)
        self.Mixed_6a = Mixed(
            288, {"branch3x3": [(384, 3, 2)], "branch3x3dbl": [(64, 1), (96, 3), (96, 3, 2)]}
        )
        self.Mixed_6b = _mixed_6(128)
        self.Mixed_6c = _mixed_6(160)
        self.Mixed_6d = _mixed_6(160)
        self.Mixed_6e = _mixed_6(192)
        self.AuxLogits = AuxiliaryHead(768, num_classes)
        seven: list[Step] = [(192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2)]
        self.Mixed_7a = Mixed(768, {"branch3x3": [(192, 1), (320, 3, 2)], "branch7x7x3": seven})
        self.Mixed_7b = MixedSplit(1280)
        self.Mixed_7c = MixedSplit(2048)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(2048, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
        for last in (self.AuxLogits.fc, self.fc):
            initialise_head(last)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16, 32 with 192, 288, 768, 2048 channels: the last before each halving."""
        found = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(images)))
        at4 = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(self.maxpool1(found)))
        at8 = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(self.maxpool2(at4))))
        at16 = self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(at8)))
        at16 = self.Mixed_6e(self.Mixed_6d(at16))
        at32 = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(at16)))
        return [at4, at8, at16, at32]

    def forward(self, images: Images) -> Logits | WithAuxiliary:
        *_, at16, at32 = self.feature_maps(images)
        logits: Tensor = self.fc(self.dropout(at32.mean(dim=(2, 3))))
        if not self.training:
            return logits
        return WithAuxiliary(logits, (self.AuxLogits(at16),), AUXILIARY_WEIGHT)


def _mixed_5(before: int, projected: int) -> Mixed:
    """1x1, 5x5 and a double 3x3, each reduced first (figures 4 and 5)."""
    branches: dict[str, list[Step]] = {
        "branch1x1": [(64, 1)],
        "branch5x5": [(48, 1), (64, 5)],
        "branch3x3dbl": [(64, 1), (96, 3), (96, 3)],
    }
    return Mixed(before, branches, projected)


def _mixed_6(width: int) -> Mixed:
    """7x7 and a double 7x7, both factorised (figure 6, n = 7)."""
    narrow: list[Step] = [(width, 1), (width, (7, 1)), (width, (1, 7)), (width, (7, 1)), (192, (1, 7))]
    branches: dict[str, list[Step]] = {
        "branch1x1": [(192, 1)],
        "branch7x7": [(width, 1), (width, (1, 7)), (192, (7, 1))],
        "branch7x7dbl": narrow,
    }
    return Mixed(768, branches, projected=192)


def inception_v3(num_classes: int = 1000, in_channels: int = 3) -> InceptionV3:
    """Inception v3 as torchvision has it, number for number."""
    return InceptionV3(num_classes, in_channels)
