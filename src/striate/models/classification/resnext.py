"""ResNeXt: the 3x3 convolution of a bottleneck in 32 groups, wider for the same work.

Source: Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", CVPR 2017,
arXiv:1611.05431, table 1 and figure 3c
Differs: nothing; the authors too have the stride on the 3x3. Start and names of weights are torchvision's.
"""

from striate.models.classification.resnet import Bottleneck, ResNet

GROUPS = 32  # the paper's cardinality


class Bottleneck32x4(Bottleneck):
    """32 groups of 4 channels in the first stage, of twice as many in each later one."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__(before, width, stride, inner=GROUPS * 4 * width // 64, groups=GROUPS)


class Bottleneck32x8(Bottleneck):
    """32 groups of 8 channels in the first stage, of twice as many in each later one."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__(before, width, stride, inner=GROUPS * 8 * width // 64, groups=GROUPS)


def resnext50_32x4d(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNeXt-50 (32x4d) as torchvision has it, number for number."""
    return ResNet(Bottleneck32x4, (3, 4, 6, 3), num_classes, in_channels)


def resnext101_32x8d(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNeXt-101 (32x8d) as torchvision has it, number for number."""
    return ResNet(Bottleneck32x8, (3, 4, 23, 3), num_classes, in_channels)
