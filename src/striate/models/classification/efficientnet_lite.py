"""EfficientNet-Lite: EfficientNet without the parts that small processors run badly.

Source: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019,
arXiv:1905.11946, table 1; Lite is Google's variant of 2020: no squeeze-excite, ReLU6 for Swish
(github.com/tensorflow/tpu, models/official/efficientnet/lite)
Differs: no stochastic depth in training. Names of weights are torchvision's of `EfficientNet`; the slot of
squeeze-excite stays empty.
"""

import math
from itertools import pairwise
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits

# One row a stage of table 1: expansion, kernel, stride, channels, blocks.
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
STEM, LAST = 32, 1280  # Lite leaves these, and the depth of the first and last stage, at every scale


class SameConv2d(nn.Conv2d):
    """A strided convolution padded as TensorFlow's SAME: the odd row and column come last."""

    def forward(self, input: Map) -> Map:  # noqa: A002  (torch's own name)
        kernel, stride = self.kernel_size[0], self.stride[0]
        top, bottom = _same_padding(int(input.shape[2]), kernel, stride)
        left, right = _same_padding(int(input.shape[3]), kernel, stride)
        return super().forward(F.pad(input, (left, right, top, bottom)))


class InvertedResidual(nn.Module):
    """Expand with 1x1, filter every channel alone, project with 1x1; the shortcut joins the narrow ends."""

    def __init__(self, before: int, after: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = before * expansion
        self.block = nn.Sequential()
        if expansion > 1:
            self.block.append(_conv_norm(before, wide, kernel=1))
        self.block.append(_conv_norm(wide, wide, kernel, stride, groups=wide))
        self.block.append(nn.Identity())  # squeeze-excite's slot
        self.block.append(_conv_norm(wide, after, kernel=1, activation=False))
        self.has_shortcut = stride == 1 and before == after

    def forward(self, maps: Map) -> Map:
        changed: Tensor = self.block(maps)
        return maps + changed if self.has_shortcut else changed


class EfficientNetLite(nn.Module):
    """A stem, seven stages of inverted residuals, a 1280-channel convolution, pooling, one dense layer."""

    head: ClassVar[str] = "classifier.1"
    strides: ClassVar[tuple[int, ...]] = (2, 4, 8, 16, 32)

    def __init__(
        self, width: float, depth: float, dropout: float, num_classes: int, in_channels: int
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(_conv_norm(in_channels, STEM, kernel=3, stride=2))
        before = STEM
        for number, (expansion, kernel, stride, channels, blocks) in enumerate(STAGES):
            after = _scaled_channels(channels, width)
            more = math.ceil(depth * blocks) if 0 < number < len(STAGES) - 1 else blocks
            first = InvertedResidual(before, after, expansion, kernel, stride)
            rest = [InvertedResidual(after, after, expansion, kernel, stride=1) for _ in range(more - 1)]
            self.features.append(nn.Sequential(first, *rest))
            before = after
        self.features.append(_conv_norm(before, LAST, kernel=1))
        last = nn.Linear(LAST, num_classes)
        self.classifier = nn.Sequential(nn.Dropout(dropout), last)
        _initialise_convolutions(self)
        initialise_head(last)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 2, 4, 8, 16, 32, the last activated; 16, 24, 40, 112, 1280 channels at width 1."""
        maps = [images]
        for first, end in pairwise((0, 2, 3, 4, 6, 9)):
            maps.append(self.features[first:end](maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 1280, H/32, W/32)
        logits: Tensor = self.classifier(last.mean(dim=(2, 3)))
        return logits


def _conv_norm(
    before: int, after: int, kernel: int, stride: int = 1, groups: int = 1, *, activation: bool = True
) -> nn.Sequential:
    if stride == 1:
        conv = nn.Conv2d(before, after, kernel, padding=kernel // 2, groups=groups, bias=False)
    else:
        conv = SameConv2d(before, after, kernel, stride, groups=groups, bias=False)
    norm = nn.BatchNorm2d(after, eps=1e-3, momentum=0.01)
    return nn.Sequential(conv, norm, nn.ReLU6()) if activation else nn.Sequential(conv, norm)


def _scaled_channels(channels: int, width: float) -> int:
    """The nearest multiple of 8, but not below 90 % of `width * channels` (the release's rounding)."""
    wanted = channels * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * wanted else rounded + 8


def _same_padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Rows before and after so that ceil(side / stride) windows fit."""
    total = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def _initialise_convolutions(network: nn.Module) -> None:
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            fan_out = layer.kernel_size[0] * layer.kernel_size[1] * layer.out_channels // layer.groups
            nn.init.normal_(layer.weight, std=math.sqrt(2 / fan_out))


def efficientnet_lite0(num_classes: int = 1000, in_channels: int = 3) -> EfficientNetLite:
    """EfficientNet-Lite0, 4,652,008 parameters."""
    return EfficientNetLite(1.0, 1.0, 0.2, num_classes, in_channels)


def efficientnet_lite1(num_classes: int = 1000, in_channels: int = 3) -> EfficientNetLite:
    """EfficientNet-Lite1, 5,416,680 parameters."""
    return EfficientNetLite(1.0, 1.1, 0.2, num_classes, in_channels)


def efficientnet_lite2(num_classes: int = 1000, in_channels: int = 3) -> EfficientNetLite:
    """EfficientNet-Lite2, 6,092,072 parameters."""
    return EfficientNetLite(1.1, 1.2, 0.3, num_classes, in_channels)


def efficientnet_lite3(num_classes: int = 1000, in_channels: int = 3) -> EfficientNetLite:
    """EfficientNet-Lite3, 8,197,096 parameters."""
    return EfficientNetLite(1.2, 1.4, 0.3, num_classes, in_channels)


def efficientnet_lite4(num_classes: int = 1000, in_channels: int = 3) -> EfficientNetLite:
    """EfficientNet-Lite4, 13,006,568 parameters."""
    return EfficientNetLite(1.4, 1.8, 0.3, num_classes, in_channels)
