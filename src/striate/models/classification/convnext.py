"""ConvNeXt: a ResNet rebuilt step by step with what made vision transformers good.

Source: Liu et al., "A ConvNet for the 2020s", CVPR 2022, arXiv:2201.03545, section 2 and figure 4
Differs: the probabilities of stochastic depth are torchvision's, equal to the paper's (table 5). Start and
names of weights are torchvision's.
"""

from itertools import islice
from typing import ClassVar

import torch
from torch import Tensor, nn

from striate.layers.stochastic_depth import StochasticDepth, rising
from striate.models.backbone import Map
from striate.shapes import Images, Logits

EPSILON = 1e-6  # of all norms
LAYER_SCALE = 1e-6  # blocks start as the identity, nearly


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of every place of a map (B, C, H, W)."""

    def forward(self, maps: Map) -> Map:
        return super().forward(maps.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Permute(nn.Module):
    """Axes in another order."""

    def __init__(self, *order: int) -> None:
        super().__init__()
        self.order = order

    def forward(self, maps: Map) -> Map:
        return maps.permute(*self.order)


class ConvNeXtBlock(nn.Module):
    """7x7 depthwise, norm, 1x1 to four times the channels, GELU, 1x1 back, scaled and added (figure 4)."""

    def __init__(self, channels: int, drop: float) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels),
            Permute(0, 2, 3, 1),  # channels last: a 1x1 convolution is a dense layer there
            nn.LayerNorm(channels, eps=EPSILON),
            nn.Linear(channels, 4 * channels),
            nn.GELU(),
            nn.Linear(4 * channels, channels),
            Permute(0, 3, 1, 2),
        )
        self.layer_scale = nn.Parameter(torch.full((channels, 1, 1), LAYER_SCALE))
        self.stochastic_depth = StochasticDepth(drop)

    def forward(self, maps: Map) -> Map:
        correction: Tensor = self.stochastic_depth(self.layer_scale * self.block(maps))
        return maps + correction


class ConvNeXt(nn.Module):
    """A 4x4 patch stem, four stages, between them norms and 2x2 convolutions, pooling, norm, one dense layer.

    Stage i has `depths[i]` blocks of `width * 2**i` channels; the last block is left out with probability
    `drop` while training.
    """

    head: ClassVar[str] = "classifier.2"
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16, 32)

    def __init__(
        self, depths: tuple[int, int, int, int], width: int, drop: float, num_classes: int, in_channels: int
    ) -> None:
        super().__init__()
        drops = iter(rising(drop, sum(depths)))
        stem = nn.Sequential(nn.Conv2d(in_channels, width, 4, stride=4), ChannelNorm(width, eps=EPSILON))
        self.features = nn.Sequential(stem)
        for number, depth in enumerate(depths):
            channels = width * 2**number
            if number:
                smaller = nn.Conv2d(channels // 2, channels, 2, stride=2)
                self.features.append(nn.Sequential(ChannelNorm(channels // 2, eps=EPSILON), smaller))
            self.features.append(nn.Sequential(*(ConvNeXtBlock(channels, p) for p in islice(drops, depth))))
        self.classifier = nn.Sequential(
            ChannelNorm(channels, eps=EPSILON), nn.Flatten(), nn.Linear(channels, num_classes)
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16, 32 with 1, 2, 4, 8 times `width` channels."""
        maps = [images]
        for first in range(0, len(self.features), 2):  # a patch layer, then a stage
            maps.append(self.features[first : first + 2](maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 8 * width, H/32, W/32)
        logits: Tensor = self.classifier(last.mean(dim=(2, 3), keepdim=True))
        return logits


def convnext_tiny(num_classes: int = 1000, in_channels: int = 3) -> ConvNeXt:
    """ConvNeXt-T as torchvision has it, number for number."""
    return ConvNeXt((3, 3, 9, 3), 96, 0.1, num_classes, in_channels)


def convnext_small(num_classes: int = 1000, in_channels: int = 3) -> ConvNeXt:
    """ConvNeXt-S as torchvision has it, number for number."""
    return ConvNeXt((3, 3, 27, 3), 96, 0.4, num_classes, in_channels)


def convnext_base(num_classes: int = 1000, in_channels: int = 3) -> ConvNeXt:
    """ConvNeXt-B as torchvision has it, number for number."""
    return ConvNeXt((3, 3, 27, 3), 128, 0.5, num_classes, in_channels)


def convnext_large(num_classes: int = 1000, in_channels: int = 3) -> ConvNeXt:
    """ConvNeXt-L as torchvision has it, number for number."""
    return ConvNeXt((3, 3, 27, 3), 192, 0.5, num_classes, in_channels)
