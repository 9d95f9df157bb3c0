"""ZFNet: AlexNet after its first layers had been looked at: smaller filters, a finer stride, more maps.

Source: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, arXiv:1311.2901,
figure 3, and 512, 1024, 512 maps in the last convolutions as in the last row of table 3
Differs: the paper's "contrast normalisation across maps" is local response normalisation.
"""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from striate.layers.response_norm import ResponseNorm
from striate.models.backbone import Map
from striate.ops.geometry import output_size
from striate.shapes import Images, Logits


class ZFNet(nn.Module):
    """Five convolutions and three dense layers for pictures of one size."""

    head: ClassVar[str] = "classifier.6"
    strides: ClassVar[tuple[int, ...]] = (4, 16, 32)

    def __init__(self, num_classes: int, in_channels: int, image_size: tuple[int, int]) -> None:
        super().__init__()
        height, width = (_side(side) for side in image_size)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 96, kernel_size=7, stride=2, padding=1),  # (B, 96, 110, 110)
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),  # (B, 96, 55, 55)
            ResponseNorm(),
            nn.Conv2d(96, 256, kernel_size=5, stride=2),  # (B, 256, 26, 26)
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),  # (B, 256, 13, 13)
            ResponseNorm(),
            nn.Conv2d(256, 512, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(512, 1024, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(1024, 512, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),  # (B, 512, 6, 6)
        )
        self.classifier = nn.Sequential(
            nn.Linear(512 * height * width, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, num_classes),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.normal_(layer.weight, std=0.01)  # section 3: 10^-2, and no bias
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps after the three pools, at strides 4, 16 and 32 with 96, 256 and 512 channels."""
        maps = [images]
        for first, end in pairwise((0, 3, 7, 15)):
            maps.append(self.features[first:end](maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        logits: Tensor = self.classifier(self.feature_maps(images)[-1].flatten(1))
        return logits


def _side(side: int) -> int:
    for kernel, stride, padding in ((7, 2, 1), (3, 2, 1), (5, 2, 0), (3, 2, 1), (3, 2, 0)):
        side = output_size(side, kernel, stride, padding)
    return side


def zfnet(num_classes: int = 1000, in_channels: int = 3, image_size: tuple[int, int] = (224, 224)) -> ZFNet:
    """ZFNet for pictures of one size (height, width)."""
    return ZFNet(num_classes, in_channels, image_size)
