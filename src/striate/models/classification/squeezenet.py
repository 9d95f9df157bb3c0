"""SqueezeNet: squeeze to few channels with 1x1, expand with 1x1 and 3x3 side by side.

Source: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size",
arXiv:1602.07360, table 1;
version 1.1 is the authors' later release (3x3 stem, earlier pools, 2.4 times fewer operations)
Differs: nothing; names of weights are torchvision's.
"""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits


class Fire(nn.Module):
    """Squeeze, then two expansions whose maps are put one after the other (figure 1)."""

    def __init__(self, before: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(before, squeezed, kernel_size=1)
        self.squeeze_activation = nn.ReLU()
        self.expand1x1 = nn.Conv2d(squeezed, expanded, kernel_size=1)
        self.expand1x1_activation = nn.ReLU()
        self.expand3x3 = nn.Conv2d(squeezed, expanded, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU()

    def forward(self, maps: Map) -> Map:
        few = self.squeeze_activation(self.squeeze(maps))
        pointwise = self.expand1x1_activation(self.expand1x1(few))
        spatial = self.expand3x3_activation(self.expand3x3(few))
        return torch.cat([pointwise, spatial], dim=1)


# Table 1 from the first fire module on: squeezed and expanded channels, or a pooling.
POOL = (0, 0)
FIRES_1_0 = ((16, 64), (16, 64), (32, 128), POOL, (32, 128), (48, 192), (48, 192), (64, 256), POOL, (64, 256))
FIRES_1_1 = ((16, 64), (16, 64), POOL, (32, 128), (32, 128), POOL, (48, 192), (48, 192), (64, 256), (64, 256))


class SqueezeNet(nn.Module):
    """A stem and eight fire modules; the classifier is a 1x1 convolution, averaged over all places.

    The last feature map (512 channels) is what that convolution reads. As published, a ReLU follows the
    convolution, so logits are never negative.
    """

    head: ClassVar[str] = "classifier.1"
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16)

    def __init__(
        self,
        stem: int,
        kernel: int,
        fires: tuple[tuple[int, int], ...],
        num_classes: int,
        in_channels: int,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(in_channels, stem, kernel, stride=2), nn.ReLU(), _pool())
        before = stem
        for squeezed, expanded in fires:
            if squeezed:
                self.features.append(Fire(before, squeezed, expanded))
                before = 2 * expanded
            else:
                self.features.append(_pool())
        last = nn.Conv2d(512, num_classes, kernel_size=1)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5), last, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
        for layer in self.features.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_uniform_(layer.weight)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        initialise_head(last)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16: the last fire module's of each size.

        Their channels are 256, 512, 512 in version 1.0 and 128, 256, 512 in version 1.1.
        """
        pools = [place for place, layer in enumerate(self.features) if isinstance(layer, nn.MaxPool2d)]
        maps = [images]
        for first, end in pairwise((0, *pools[1:], len(self.features))):
            maps.append(self.features[first:end](maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        logits: Tensor = self.classifier(self.feature_maps(images)[-1])
        return logits


def _pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)


def squeezenet1_0(num_classes: int = 1000, in_channels: int = 3) -> SqueezeNet:
    """SqueezeNet of the paper as torchvision has it, number for number."""
    return SqueezeNet(96, 7, FIRES_1_0, num_classes, in_channels)


def squeezenet1_1(num_classes: int = 1000, in_channels: int = 3) -> SqueezeNet:
    """SqueezeNet 1.1 as torchvision has it, number for number."""
    return SqueezeNet(64, 3, FIRES_1_1, num_classes, in_channels)
