"""MobileNet v1: every 3x3 convolution split into a filter a channel and a 1x1 mixture.

Source: Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
arXiv:1704.04861, table 1
Differs: ReLU6 where the paper writes ReLU, and truncated normal weights of spread 0.09, as in Google's
release; no dropout (the release: 0.1 %). Table 1 prints stride 2 for the last depthwise convolution, but 7x7
goes in and comes out, so it is 1. Names of weights are timm's.
"""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits

STEM = 32
# Channels of table 1's convolutions, a row a map size; every row but the first starts with stride 2.
STAGES = ((64,), (128, 128), (256, 256), (512, 512, 512, 512, 512, 512), (1024, 1024))


class SeparableConv2d(nn.Module):
    """3x3 on every channel alone, then 1x1, each followed by normalisation and ReLU6 (figure 3, right)."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(before, before, 3, stride, padding=1, groups=before, bias=False)
        self.bn1 = nn.BatchNorm2d(before)
        self.relu1 = nn.ReLU6()
        self.conv_pw = nn.Conv2d(before, after, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.relu2 = nn.ReLU6()

    def forward(self, maps: Map) -> Map:
        filtered = self.relu1(self.bn1(self.conv_dw(maps)))
        mixed: Tensor = self.relu2(self.bn2(self.conv_pw(filtered)))
        return mixed


class MobileNetV1(nn.Module):
    """A strided 3x3 stem, thirteen separable convolutions, global average pooling, one dense layer."""

    head: ClassVar[str] = "classifier"
    strides: ClassVar[tuple[int, ...]] = (2, 4, 8, 16, 32)

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.conv_stem = nn.Conv2d(in_channels, STEM, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM)
        self.relu = nn.ReLU6()
        self.blocks = nn.Sequential()
        before = STEM
        for number, stage in enumerate(STAGES):
            strides = (2 if number else 1, *(1 for _ in stage[1:]))
            widths = pairwise((before, *stage))
            row = zip(widths, strides, strict=True)
            self.blocks.append(nn.Sequential(*(SeparableConv2d(*pair, stride) for pair, stride in row)))
            before = stage[-1]
        self.classifier = nn.Linear(before, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.trunc_normal_(layer.weight, std=0.09, a=-0.18, b=0.18)
        initialise_head(self.classifier)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 2, 4, 8, 16, 32 with 64, 128, 256, 512, 1024 channels: the last of each size."""
        maps = [self.relu(self.bn1(self.conv_stem(images)))]
        for stage in self.blocks:
            maps.append(stage(maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 1024, H/32, W/32)
        logits: Tensor = self.classifier(last.mean(dim=(2, 3)))
        return logits


def mobilenet_v1(num_classes: int = 1000, in_channels: int = 3) -> MobileNetV1:
    """MobileNet 1.0 for 224x224, 4,231,976 parameters."""
    return MobileNetV1(num_classes, in_channels)
