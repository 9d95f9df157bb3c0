"""Wide ResNet: fewer layers, more channels; here bottlenecks whose 3x3 convolution is twice as wide.

Source: Zagoruyko and Komodakis, "Wide Residual Networks", BMVC 2016, arXiv:1605.07146, section 3.4 (WRN-50-2)
Differs: the stride sits on the 3x3 convolution, as in torchvision. Start and names of weights are
torchvision's.
"""

from striate.models.classification.resnet import Bottleneck, ResNet


class WideBottleneck(Bottleneck):
    """A bottleneck with twice the inner channels and as many outer ones."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__(before, width, stride, inner=2 * width)


def wide_resnet50_2(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """WRN-50-2 as torchvision has it, number for number."""
    return ResNet(WideBottleneck, (3, 4, 6, 3), num_classes, in_channels)


def wide_resnet101_2(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """WRN-101-2 as torchvision has it, number for number."""
    return ResNet(WideBottleneck, (3, 4, 23, 3), num_classes, in_channels)
