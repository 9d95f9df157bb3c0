"""SENet: every block weighs its channels by what the whole picture shows.

Source: Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, arXiv:1709.01507, figure 3 and table 1
Differs: the stride sits on the 3x3 convolution; the two dense layers are 1x1 convolutions, as in timm, whose
names of weights these are.
"""

from torch import Tensor, nn

from striate.models.backbone import Map
from striate.models.classification.resnet import Bottleneck, ResNet

REDUCTION = 16  # the paper's r


class SqueezeExcite(nn.Module):
    """Average every channel, two dense layers, a sigmoid: a weight in (0, 1) for every channel.

    The dense layers hold 2 C^2 / 16 weights and biases of C / 16 and C.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // REDUCTION, 1)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(channels // REDUCTION, channels, 1)

    def forward(self, maps: Map) -> Map:
        squeezed = maps.mean(dim=(2, 3), keepdim=True)
        excited: Tensor = self.fc2(self.relu(self.fc1(squeezed))).sigmoid()  # (B, C, 1, 1)
        return maps * excited


class SqueezeExciteBottleneck(Bottleneck):
    """A bottleneck whose correction is weighed before it is added (figure 3, right)."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__(before, width, stride)
        self.se = SqueezeExcite(width * self.expansion)

    def correction(self, maps: Map) -> Map:
        """What is added to the shortcut, channels weighed."""
        weighed: Tensor = self.se(super().correction(maps))
        return weighed


def se_resnet50(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """SE-ResNet-50 as timm has it (`seresnet50`), number for number."""
    return ResNet(SqueezeExciteBottleneck, (3, 4, 6, 3), num_classes, in_channels)
