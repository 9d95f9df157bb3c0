"""Dilated context: the field of view doubles with every layer, and no map ever shrinks.

Source: Yu and Koltun, "Multi-Scale Context Aggregation by Dilated Convolutions", ICLR 2016, arXiv:1511.07122,
table 1 (basic) and equation 4
Differs: a classifier. The paper's module reads class maps of a VGG-16 at an eighth of the size; here one 1x1
convolution makes its 32 maps of the picture, so that an output sees the paper's 67x67 cells as pixels. Its
last 1x1 convolution gives a map for every class, whose averages are the logits.
"""

from typing import ClassVar

from torch import Tensor, nn

from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits

WIDTH = 32  # the paper's C, which is its number of classes
DILATIONS = (1, 1, 2, 4, 8, 16, 1)  # table 1, layers 1 to 7: fields of 3, 5, 9, 17, 33, 65, 67


class DilatedContext(nn.Module):
    """1x1 to 32 channels, seven dilated 3x3 convolutions, 1x1 to class maps, their averages."""

    head: ClassVar[str] = "classifier"
    strides: ClassVar[tuple[int, ...]] = (1,)

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.front = nn.Sequential(nn.Conv2d(in_channels, WIDTH, 1), nn.ReLU())
        self.context = nn.Sequential()
        for dilation in DILATIONS:
            layer = nn.Conv2d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation)
            nn.init.dirac_(layer.weight)  # equation 4: each layer passes its maps on until it learns better
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
            self.context.append(layer)
            self.context.append(nn.ReLU())
        self.classifier = nn.Conv2d(WIDTH, num_classes, 1)
        initialise_head(self.classifier)

    def feature_maps(self, images: Images) -> list[Map]:
        """One map of the picture's size with 32 channels."""
        return [self.context(self.front(images))]

    def class_maps(self, images: Images) -> Map:
        """Logits of every class at every pixel, (B, num_classes, H, W); the head works at every place."""
        maps: Tensor = self.classifier(self.feature_maps(images)[-1])
        return maps

    def forward(self, images: Images) -> Logits:
        return self.class_maps(images).mean(dim=(2, 3))


def dilated_context(num_classes: int = 10, in_channels: int = 3) -> DilatedContext:
    """The basic context module as a classifier."""
    return DilatedContext(num_classes, in_channels)
