"""ResNet: residual blocks learn a correction to their input.

Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, table 1, arXiv:1512.03385
Differs: where sizes change the shortcut is learned (option B). In a bottleneck the stride sits on the 3x3
convolution, as in torchvision; `resnet50_2015` has it on the first 1x1, as published. Weights start as
torchvision's (He et al. 2015, fan out). Names of weights are torchvision's.
"""

from typing import ClassVar

from torch import Tensor, nn

from striate.models.backbone import Map
from striate.shapes import Images, Logits


class Block(nn.Module):
    """What a stage repeats: `before` channels in, `width * expansion` out, sides divided by `stride`."""

    expansion: ClassVar[int] = 1

    def __init__(self, before: int, width: int, stride: int) -> None:  # noqa: ARG002 - what stages may give
        super().__init__()

    @staticmethod
    def shortcut(before: int, after: int, stride: int) -> nn.Sequential:
        """Identity, or where sizes change a learned 1x1 convolution (option B, W_s of equation 2)."""
        if stride == 1 and before == after:
            return nn.Sequential()
        return nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))


class BasicBlock(Block):
    """Two 3x3 convolutions around a shortcut (figure 5, left)."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__(before, width, stride)
        after = width * self.expansion
        self.conv1 = nn.Conv2d(before, width, 3, stride, padding=1, bias=False)  # BatchNorm has its own shift
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.relu2 = nn.ReLU()  # one module a place: a shared one could not be hooked
        self.downsample = self.shortcut(before, after, stride)

    def forward(self, maps: Map) -> Map:
        correction = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(maps)))))
        after: Tensor = self.relu2(correction + self.downsample(maps))
        return after


class Bottleneck(Block):
    """1x1 to fewer channels, 3x3, 1x1 to four times `width`, around a shortcut (figure 5, right).

    The 3x3 convolution has `inner` channels (None is `width`) in `groups`.
    """

    expansion = 4

    def __init__(
        self, before: int, width: int, stride: int, *, inner: int | None = None, groups: int = 1
    ) -> None:
        super().__init__(before, width, stride)
        inner, after = inner or width, width * self.expansion
        self.conv1 = nn.Conv2d(before, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, padding=1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(inner, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.relu3 = nn.ReLU()
        self.downsample = self.shortcut(before, after, stride)

    def forward(self, maps: Map) -> Map:
        after: Tensor = self.relu3(self.correction(maps) + self.downsample(maps))
        return after

    def correction(self, maps: Map) -> Map:
        """What is added to the shortcut."""
        inner = self.relu1(self.bn1(self.conv1(maps)))
        inner = self.relu2(self.bn2(self.conv2(inner)))
        after: Tensor = self.bn3(self.conv3(inner))
        return after


class Bottleneck2015(Bottleneck):
    """The bottleneck as published: the first 1x1 convolution has the stride and skips three of four cells."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__(before, width, stride)
        self.conv1.stride, self.conv2.stride = self.conv2.stride, self.conv1.stride


class ResNet(nn.Module):
    """A 7x7 stem, four stages of blocks, global average pooling, one dense layer."""

    head: ClassVar[str] = "fc"
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16, 32)

    def __init__(
        self, block: type[Block], depths: tuple[int, int, int, int], num_classes: int, in_channels: int
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = stage(block, depths[0], 64, 64, stride=1)
        self.layer2 = stage(block, depths[1], 64 * block.expansion, 128, stride=2)
        self.layer3 = stage(block, depths[2], 128 * block.expansion, 256, stride=2)
        self.layer4 = stage(block, depths[3], 256 * block.expansion, 512, stride=2)
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16, 32 with 64, 128, 256, 512 channels (times the block's expansion)."""
        maps = [self.maxpool(self.relu(self.bn1(self.conv1(images))))]
        for blocks in (self.layer1, self.layer2, self.layer3, self.layer4):
            maps.append(blocks(maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 512 * expansion, H/32, W/32)
        logits: Tensor = self.fc(last.mean(dim=(2, 3)))
        return logits


def stage(block: type[Block], depth: int, before: int, width: int, stride: int) -> nn.Sequential:
    """`depth` blocks in a row; the first changes channels and sides."""
    rest = [block(width * block.expansion, width, stride=1) for _ in range(depth - 1)]
    return nn.Sequential(block(before, width, stride), *rest)


def resnet18(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-18 as torchvision has it, number for number."""
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, in_channels)


def resnet34(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-34 as torchvision has it, number for number."""
    return ResNet(BasicBlock, (3, 4, 6, 3), num_classes, in_channels)


def resnet50(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-50 as torchvision has it, number for number."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, in_channels)


def resnet50_2015(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-50 as published: strides on the first 1x1 of a bottleneck; torchvision's weights fit in."""
    return ResNet(Bottleneck2015, (3, 4, 6, 3), num_classes, in_channels)


def resnet101(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-101 as torchvision has it, number for number."""
    return ResNet(Bottleneck, (3, 4, 23, 3), num_classes, in_channels)


def resnet152(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-152 as torchvision has it, number for number."""
    return ResNet(Bottleneck, (3, 8, 36, 3), num_classes, in_channels)
