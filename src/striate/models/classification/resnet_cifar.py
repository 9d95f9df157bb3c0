"""ResNet for small pictures: three stages at full, half and quarter size, 20 to 1202 layers, and plain twins.

Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, section 4.2, arXiv:1512.03385
Differs: nothing in the networks; `_b` is the paper's option B (learned shortcuts), which it tried on ImageNet
only. Zero channels are put after the others. Convolutions start as the paper says (He et al. 2015, fan in);
of the dense layer it says nothing, here it starts at N(0, 0.01).
"""

from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from striate.models.backbone import Map, initialise_head
from striate.models.classification.plain import PlainBlock
from striate.models.classification.resnet import BasicBlock, Block, stage
from striate.shapes import Images, Logits


class ZeroPadded(nn.Module):
    """Every `stride`-th row and column, and channels of zeros up to `after`: nothing to learn (option A)."""

    def __init__(self, after: int, stride: int) -> None:
        super().__init__()
        self.after, self.stride = after, stride

    def forward(self, maps: Map) -> Map:
        missing = self.after - maps.shape[1]
        return F.pad(maps[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, missing))


class BlockA(BasicBlock):
    """A basic block whose shortcut never learns."""

    @staticmethod
    def shortcut(before: int, after: int, stride: int) -> nn.Sequential:
        """Identity, or where sizes change fewer cells and zero channels (option A)."""
        if stride == 1 and before == after:
            return nn.Sequential()
        return nn.Sequential(ZeroPadded(after, stride))


class SmallResNet(nn.Module):
    """A 3x3 stem, three stages of 16, 32, 64 channels, global average pooling, one dense layer.

    With `depth` blocks a stage that is 6 * depth + 2 layers.
    """

    head: ClassVar[str] = "fc"
    strides: ClassVar[tuple[int, ...]] = (1, 2, 4)

    def __init__(self, block: type[Block], depth: int, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU()
        self.layer1 = stage(block, depth, 16, 16, stride=1)
        self.layer2 = stage(block, depth, 16, 32, stride=2)
        self.layer3 = stage(block, depth, 32, 64, stride=2)
        self.fc = nn.Linear(64, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        initialise_head(self.fc)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 1, 2, 4 with 16, 32, 64 channels."""
        maps = [self.relu(self.bn1(self.conv1(images)))]
        for blocks in (self.layer1, self.layer2, self.layer3):
            maps.append(blocks(maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 64, H/4, W/4)
        logits: Tensor = self.fc(last.mean(dim=(2, 3)))
        return logits


def resnet20_cifar(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-20, option A."""
    return SmallResNet(BlockA, 3, num_classes, in_channels)


def resnet20_cifar_b(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-20, option B."""
    return SmallResNet(BasicBlock, 3, num_classes, in_channels)


def resnet32_cifar(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-32, option A."""
    return SmallResNet(BlockA, 5, num_classes, in_channels)


def resnet32_cifar_b(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-32, option B."""
    return SmallResNet(BasicBlock, 5, num_classes, in_channels)


def resnet44_cifar(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-44, option A."""
    return SmallResNet(BlockA, 7, num_classes, in_channels)


def resnet44_cifar_b(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-44, option B."""
    return SmallResNet(BasicBlock, 7, num_classes, in_channels)


def resnet56_cifar(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-56, option A."""
    return SmallResNet(BlockA, 9, num_classes, in_channels)


def resnet56_cifar_b(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-56, option B."""
    return SmallResNet(BasicBlock, 9, num_classes, in_channels)


def resnet110_cifar(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-110, option A."""
    return SmallResNet(BlockA, 18, num_classes, in_channels)


def resnet110_cifar_b(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-110, option B."""
    return SmallResNet(BasicBlock, 18, num_classes, in_channels)


def resnet1202_cifar(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-1202, option A."""
    return SmallResNet(BlockA, 200, num_classes, in_channels)


def resnet1202_cifar_b(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-1202, option B."""
    return SmallResNet(BasicBlock, 200, num_classes, in_channels)


def plain20_cifar(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-20 without shortcuts."""
    return SmallResNet(PlainBlock, 3, num_classes, in_channels)


def plain32_cifar(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-32 without shortcuts."""
    return SmallResNet(PlainBlock, 5, num_classes, in_channels)


def plain44_cifar(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-44 without shortcuts."""
    return SmallResNet(PlainBlock, 7, num_classes, in_channels)


def plain56_cifar(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-56 without shortcuts."""
    return SmallResNet(PlainBlock, 9, num_classes, in_channels)


def plain110_cifar(num_classes: int = 10, in_channels: int = 3) -> SmallResNet:
    """ResNet-110 without shortcuts."""
    return SmallResNet(PlainBlock, 18, num_classes, in_channels)
