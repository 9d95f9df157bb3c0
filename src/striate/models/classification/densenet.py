"""DenseNet: every layer reads the maps of all layers before it.

Source: Huang et al., "Densely Connected Convolutional Networks", CVPR 2017, arXiv:1608.06993, table 1
(DenseNet-BC)
Differs: nothing; 161 is the authors' wider release of growth 48. Names of weights are torchvision's.
"""

from collections import OrderedDict
from typing import ClassVar

import torch
from torch import Tensor, nn

from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits

BOTTLENECK = 4  # a 1x1 makes 4 * growth maps before the 3x3 (section 3, "Bottleneck layers")


class DenseLayer(nn.Sequential):
    """Normalisation, ReLU, 1x1; normalisation, ReLU, 3x3 (section 3, H of DenseNet-B)."""

    def __init__(self, before: int, growth: int) -> None:
        super().__init__()
        wide = BOTTLENECK * growth
        self.norm1 = nn.BatchNorm2d(before)
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(before, wide, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(wide)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(wide, growth, 3, padding=1, bias=False)


class DenseBlock(nn.ModuleDict):
    """Layer l reads k0 + k * (l - 1) channels and adds k of its own (k0 before the block, k the growth)."""

    def __init__(self, layers: int, before: int, growth: int) -> None:
        super().__init__()
        for number in range(layers):
            self[f"denselayer{number + 1}"] = DenseLayer(before + number * growth, growth)

    def forward(self, maps: Map) -> Map:
        for layer in self.values():
            maps = torch.cat([maps, layer(maps)], dim=1)
        return maps


class DenseNet(nn.Module):
    """A stem, four dense blocks with halving transitions between, global average pooling, one dense layer."""

    head: ClassVar[str] = "classifier"
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16, 32)

    def __init__(
        self, depths: tuple[int, int, int, int], growth: int, stem: int, num_classes: int, in_channels: int
    ) -> None:
        super().__init__()
        features: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(in_channels, stem, 7, stride=2, padding=3, bias=False),
            norm0=nn.BatchNorm2d(stem),
            relu0=nn.ReLU(),
            pool0=nn.MaxPool2d(3, stride=2, padding=1),
        )
        before = stem
        for number, layers in enumerate(depths, start=1):
            features[f"denseblock{number}"] = DenseBlock(layers, before, growth)
            before += layers * growth
            if number < len(depths):
                features[f"transition{number}"] = _transition(before)
                before //= 2
        features["norm5"] = nn.BatchNorm2d(before)
        features["relu5"] = nn.ReLU()
        self.features = nn.Sequential(features)
        self.classifier = nn.Linear(before, num_classes)
        for layer in self.features.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
        initialise_head(self.classifier)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16, 32: the ends of the dense blocks, the last normalised and rectified."""
        maps = []
        found = images
        for name, layer in self.features.named_children():
            if name.startswith("transition"):
                maps.append(found)
            found = layer(found)
        return [*maps, found]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, D, H/32, W/32)
        logits: Tensor = self.classifier(last.mean(dim=(2, 3)))
        return logits


def _transition(before: int) -> nn.Sequential:
    """Halves the channels with a 1x1 convolution and the size with average pooling."""
    return nn.Sequential(
        OrderedDict(
            norm=nn.BatchNorm2d(before),
            relu=nn.ReLU(),
            conv=nn.Conv2d(before, before // 2, 1, bias=False),
            pool=nn.AvgPool2d(2, stride=2),
        )
    )


def densenet121(num_classes: int = 1000, in_channels: int = 3) -> DenseNet:
    """DenseNet-121, growth 32, as torchvision has it, number for number."""
    return DenseNet((6, 12, 24, 16), 32, 64, num_classes, in_channels)


def densenet169(num_classes: int = 1000, in_channels: int = 3) -> DenseNet:
    """DenseNet-169, growth 32, as torchvision has it, number for number."""
    return DenseNet((6, 12, 32, 32), 32, 64, num_classes, in_channels)


def densenet201(num_classes: int = 1000, in_channels: int = 3) -> DenseNet:
    """DenseNet-201, growth 32, as torchvision has it, number for number."""
    return DenseNet((6, 12, 48, 32), 32, 64, num_classes, in_channels)


def densenet161(num_classes: int = 1000, in_channels: int = 3) -> DenseNet:
    """DenseNet-161, growth 48, as torchvision has it, number for number."""
    return DenseNet((6, 12, 36, 24), 48, 96, num_classes, in_channels)
