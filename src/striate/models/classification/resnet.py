"""ResNet: residual blocks learn a correction to their input.

Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, table 1, arXiv:1512.03385
Differs: nothing at 18 layers (option B: a learned 1x1 projection where sizes change). Names of weights are
torchvision's.
"""

from typing import ClassVar

from torch import Tensor, nn

from striate.models.backbone import Map
from striate.shapes import Images, Logits


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut (figure 5, left)."""

    expansion = 1

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        after = width * self.expansion
        self.conv1 = nn.Conv2d(before, width, 3, stride, padding=1, bias=False)  # BatchNorm has its own shift
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.relu2 = nn.ReLU()  # one module a place: a shared one could not be hooked
        self.downsample = nn.Sequential()
        if stride != 1 or before != after:
            self.downsample.append(nn.Conv2d(before, after, 1, stride, bias=False))
            self.downsample.append(nn.BatchNorm2d(after))

    def forward(self, maps: Map) -> Map:
        correction = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(maps)))))
        after: Tensor = self.relu2(correction + self.downsample(maps))
        return after


class ResNet(nn.Module):
    """A 7x7 stem, four stages of residual blocks, global average pooling, one dense layer."""

    head: ClassVar[str] = "fc"
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16, 32)

    def __init__(
        self, block: type[BasicBlock], depths: tuple[int, int, int, int], num_classes: int, in_channels: int
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = _stage(block, depths[0], 64, 64, stride=1)
        self.layer2 = _stage(block, depths[1], 64 * block.expansion, 128, stride=2)
        self.layer3 = _stage(block, depths[2], 128 * block.expansion, 256, stride=2)
        self.layer4 = _stage(block, depths[3], 256 * block.expansion, 512, stride=2)
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16, 32 with 64, 128, 256, 512 channels (times the block's expansion)."""
        maps = [self.maxpool(self.relu(self.bn1(self.conv1(images))))]
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            maps.append(stage(maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 512, H/32, W/32)
        logits: Tensor = self.fc(last.mean(dim=(2, 3)))
        return logits


def _stage(block: type[BasicBlock], depth: int, before: int, width: int, stride: int) -> nn.Sequential:
    rest = [block(width * block.expansion, width, stride=1) for _ in range(depth - 1)]
    return nn.Sequential(block(before, width, stride), *rest)


def resnet18(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-18 as torchvision has it, number for number."""
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, in_channels)
