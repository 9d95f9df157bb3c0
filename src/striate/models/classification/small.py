"""A small network for small pictures that learns digits in one pass over them.

Source: Striate's own; decision 0009 has what was tried. Global pooling is that of Lin et al.
(arXiv:1312.4400), batch normalisation that of Ioffe and Szegedy (arXiv:1502.03167).
"""

from collections import OrderedDict
from typing import ClassVar

from torch import Tensor, nn

from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False),
            norm=nn.BatchNorm2d(outputs),
            relu=nn.ReLU(inplace=True),
        )
    )


class SmallNet(nn.Module):
    """Four convolutions and a dense layer: half of the side after the first, a quarter after the pool."""

    head: ClassVar[str] = "output"
    strides: ClassVar[tuple[int, ...]] = (2, 4)

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.stem = _convolution(in_channels, 16, kernel=5, stride=2)  # (B, 16, 14, 14)
        self.wide = _convolution(16, 32, kernel=3)  # (B, 32, 14, 14)
        self.pool = nn.MaxPool2d(2)  # (B, 32, 7, 7)
        self.deep = nn.Sequential(_convolution(32, 64, kernel=3), _convolution(64, 64, kernel=3))
        self.strongest = nn.AdaptiveMaxPool2d(1)  # what excites a channel most, wherever it is
        self.output = nn.Linear(64, num_classes)
        initialise_head(self.output)

    def feature_maps(self, images: Images) -> list[Map]:
        """32 maps at stride 2 and 64 at stride 4."""
        fine = self.wide(self.stem(images))
        return [fine, self.deep(self.pool(fine))]

    def forward(self, images: Images) -> Logits:
        pooled = self.strongest(self.feature_maps(images)[-1]).flatten(1)
        logits: Tensor = self.output(pooled)
        return logits


def striate_small(num_classes: int = 10, in_channels: int = 1) -> SmallNet:
    """The network for pictures of about 16 to 64 pixels."""
    return SmallNet(num_classes, in_channels)
