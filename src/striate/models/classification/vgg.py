"""VGG: nothing but 3x3 convolutions and 2x2 pools, eleven to nineteen layers deep.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR
2015, arXiv:1409.1556, table 1 (columns A, A-LRN, B, C, D, E)
Differs: weights start as torchvision's; the paper starts at N(0, 0.01), and deep columns from a trained
column A, see `start_from_shallower`. The last maps are averaged to 7x7, which at 224 pixels changes nothing.
Names of weights are torchvision's; `_bn` is torchvision's variant with batch normalisation.
"""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from striate.errors import StriateError
from striate.layers.response_norm import ResponseNorm
from striate.models.backbone import Map
from striate.shapes import Images, Logits

# Columns of table 1: kernel side and maps of every convolution, block by block; every block ends with a pool.
A = ((3, 64),), ((3, 128),), ((3, 256),) * 2, ((3, 512),) * 2, ((3, 512),) * 2
B = ((3, 64),) * 2, ((3, 128),) * 2, ((3, 256),) * 2, ((3, 512),) * 2, ((3, 512),) * 2
C = (
    *B[:2],
    ((3, 256), (3, 256), (1, 256)),
    ((3, 512), (3, 512), (1, 512)),
    ((3, 512), (3, 512), (1, 512)),
)
D = *B[:2], ((3, 256),) * 3, ((3, 512),) * 3, ((3, 512),) * 3
E = *B[:2], ((3, 256),) * 4, ((3, 512),) * 4, ((3, 512),) * 4
Column = tuple[tuple[tuple[int, int], ...], ...]


class VGG(nn.Module):
    """Five blocks of convolutions, each with a pool, and three dense layers."""

    head: ClassVar[str] = "classifier.6"
    strides: ClassVar[tuple[int, ...]] = (2, 4, 8, 16, 32)

    def __init__(
        self,
        column: Column,
        num_classes: int,
        in_channels: int,
        norm: type[nn.BatchNorm2d] | None = None,
        *,
        first_response_norm: bool = False,
    ) -> None:
        super().__init__()
        self.features, self.cuts, before = nn.Sequential(), [0], in_channels
        for block in column:
            for side, after in block:
                self.features.append(nn.Conv2d(before, after, side, padding=side // 2))
                if norm is not None:
                    self.features.append(norm(after))
                self.features.append(nn.ReLU())
                if first_response_norm and len(self.features) == 2:
                    self.features.append(ResponseNorm())
                before = after
            self.features.append(nn.MaxPool2d(2))
            self.cuts.append(len(self.features))
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 49, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, num_classes),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=0.01)
            if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps after the five pools, at strides 2 to 32 with 64, 128, 256, 512, 512 channels."""
        maps = [images]
        for first, end in pairwise(self.cuts):
            maps.append(self.features[first:end](maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.avgpool(self.feature_maps(images)[-1])  # (B, 512, 7, 7)
        logits: Tensor = self.classifier(last.flatten(1))
        return logits


def start_from_shallower(deep: VGG, shallow: VGG) -> None:
    """Copy the first four convolutions and the dense layers of a trained column A (section 3.1).

    Each convolution goes to the first one of its shape that comes after the last copy.

    Raises:
        StriateError: the networks differ in classes or channels.
    """
    targets = iter([layer for layer in deep.features if isinstance(layer, nn.Conv2d)])
    pairs: list[tuple[nn.Module, nn.Module | None]] = []
    for source in [layer for layer in shallow.features if isinstance(layer, nn.Conv2d)][:4]:
        shape = source.weight.shape
        pairs.append((source, next((target for target in targets if target.weight.shape == shape), None)))
    pairs += zip(shallow.classifier, deep.classifier, strict=True)
    for one, other in pairs:
        if other is None or _shapes(one) != _shapes(other):
            raise StriateError(
                "the shallower network's layers do not fit the deeper one; build both with the same "
                "num_classes and in_channels."
            )
    for one, other in pairs:
        if other is not None:
            other.load_state_dict(one.state_dict())


def _shapes(layer: nn.Module) -> list[torch.Size]:
    return [parameter.shape for parameter in layer.parameters()]


def vgg11(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """Column A."""
    return VGG(A, num_classes, in_channels)


def vgg11_lrn(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """Column A-LRN: local response normalisation after the first convolution."""
    return VGG(A, num_classes, in_channels, first_response_norm=True)


def vgg13(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """Column B."""
    return VGG(B, num_classes, in_channels)


def vgg16_c(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """Column C: the third convolution of a block is 1x1."""
    return VGG(C, num_classes, in_channels)


def vgg16(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """Column D."""
    return VGG(D, num_classes, in_channels)


def vgg19(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """Column E."""
    return VGG(E, num_classes, in_channels)


def vgg11_bn(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """Column A with batch normalisation."""
    return VGG(A, num_classes, in_channels, nn.BatchNorm2d)


def vgg13_bn(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """Column B with batch normalisation."""
    return VGG(B, num_classes, in_channels, nn.BatchNorm2d)


def vgg16_bn(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """Column D with batch normalisation."""
    return VGG(D, num_classes, in_channels, nn.BatchNorm2d)


def vgg19_bn(num_classes: int = 1000, in_channels: int = 3) -> VGG:
    """Column E with batch normalisation."""
    return VGG(E, num_classes, in_channels, nn.BatchNorm2d)
