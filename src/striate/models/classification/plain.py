"""Plain twins of ResNet: the same layers without shortcuts, harder to train the deeper they are.

Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, section 3.3, arXiv:1512.03385
Differs: nothing; weights start as ResNet's.
"""

from torch import Tensor, nn

from striate.models.backbone import Map
from striate.models.classification.resnet import Block, ResNet


class PlainBlock(Block):
    """Two 3x3 convolutions: a basic block whose shortcut was cut."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__(before, width, stride)
        self.conv1 = nn.Conv2d(before, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()

    def forward(self, maps: Map) -> Map:
        middle = self.relu1(self.bn1(self.conv1(maps)))
        after: Tensor = self.relu2(self.bn2(self.conv2(middle)))
        return after


def plain18(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-18 without shortcuts."""
    return ResNet(PlainBlock, (2, 2, 2, 2), num_classes, in_channels)


def plain34(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-34 without shortcuts (figure 3, middle)."""
    return ResNet(PlainBlock, (3, 4, 6, 3), num_classes, in_channels)
