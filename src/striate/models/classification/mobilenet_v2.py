"""MobileNet v2: narrow maps are passed on, wide ones exist only inside a block, the narrow end is linear.

Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, arXiv:1801.04381,
table 2
Differs: nothing in the network; the start is torchvision's (He et al. 2015, fan out). Names of weights are
torchvision's.
"""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits

# Table 2: expansion, channels, blocks, stride of the first.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
STEM, LAST = 32, 1280


class InvertedResidual(nn.Module):
    """Expand with 1x1, filter every channel alone, project with a linear 1x1 (figure 4, d)."""

    def __init__(self, before: int, after: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = before * expansion
        self.conv = nn.Sequential()
        if expansion > 1:
            self.conv.append(_conv_norm_relu(before, wide, kernel=1))
        self.conv.append(_conv_norm_relu(wide, wide, 3, stride, groups=wide))
        self.conv.append(nn.Conv2d(wide, after, 1, bias=False))
        self.conv.append(nn.BatchNorm2d(after))
        self.has_shortcut = stride == 1 and before == after

    def forward(self, maps: Map) -> Map:
        changed: Tensor = self.conv(maps)
        return maps + changed if self.has_shortcut else changed


class MobileNetV2(nn.Module):
    """A stem, seventeen inverted residuals, a 1280-channel convolution, pooling, one dense layer."""

    head: ClassVar[str] = "classifier.1"
    strides: ClassVar[tuple[int, ...]] = (2, 4, 8, 16, 32)

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.features = nn.Sequential(_conv_norm_relu(in_channels, STEM, 3, stride=2))
        before = STEM
        for expansion, after, blocks, stride in STAGES:
            for number in range(blocks):
                self.features.append(InvertedResidual(before, after, 1 if number else stride, expansion))
                before = after
        self.features.append(_conv_norm_relu(before, LAST, kernel=1))
        last = nn.Linear(LAST, num_classes)
        self.classifier = nn.Sequential(nn.Dropout(0.2), last)
        for layer in self.features.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out")
        initialise_head(last)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 2, 4, 8, 16, 32 with 16, 24, 32, 96, 1280 channels, the last activated."""
        maps = [images]
        for first, end in pairwise((0, 2, 4, 7, 14, 19)):
            maps.append(self.features[first:end](maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 1280, H/32, W/32)
        logits: Tensor = self.classifier(last.mean(dim=(2, 3)))
        return logits


def _conv_norm_relu(before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(before, after, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(after), nn.ReLU6())


def mobilenet_v2(num_classes: int = 1000, in_channels: int = 3) -> MobileNetV2:
    """MobileNet v2 (width 1.0) as torchvision has it, number for number."""
    return MobileNetV2(num_classes, in_channels)
