"""LeNet-5 as it is taught today: convolve, subsample, convolve, subsample, then three dense layers.

Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 1998, section II.B
Differs: C3 reads all six maps, S2 and S4 are plain max or average pools, ReLU replaces the scaled tanh and a
dense layer the RBF outputs. The paper's own network is `lenet5_1998`.
"""

from typing import ClassVar

from torch import Tensor, nn

from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits


class LeNet5(nn.Module):
    """Two convolutions and three dense layers, 61,706 parameters on 32x32 grey pictures."""

    head: ClassVar[str] = "output"
    strides: ClassVar[tuple[int, ...]] = (2, 4)

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        image_size: tuple[int, int],
        pool: type[nn.MaxPool2d] | type[nn.AvgPool2d],
    ) -> None:
        super().__init__()
        height, width = (((side - 4) // 2 - 4) // 2 for side in image_size)
        self.c1 = nn.Conv2d(in_channels, 6, kernel_size=5)  # (B, 6, 28, 28)
        self.relu1 = nn.ReLU()
        self.s2 = pool(2)  # (B, 6, 14, 14)
        self.c3 = nn.Conv2d(6, 16, kernel_size=5)  # (B, 16, 10, 10)
        self.relu3 = nn.ReLU()
        self.s4 = pool(2)  # (B, 16, 5, 5)
        self.flatten = nn.Flatten()
        self.c5 = nn.Linear(16 * height * width, 120)
        self.relu5 = nn.ReLU()
        self.f6 = nn.Linear(120, 84)
        self.relu6 = nn.ReLU()
        self.output = nn.Linear(84, num_classes)
        for layer in (self.c1, self.c3, self.c5, self.f6):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        initialise_head(self.output)

    def feature_maps(self, images: Images) -> list[Map]:
        """S2 (6 maps) and S4 (16 maps), at strides 2 and 4."""
        s2 = self.s2(self.relu1(self.c1(images)))
        s4 = self.s4(self.relu3(self.c3(s2)))
        return [s2, s4]

    def forward(self, images: Images) -> Logits:
        c5 = self.relu5(self.c5(self.flatten(self.feature_maps(images)[-1])))
        logits: Tensor = self.output(self.relu6(self.f6(c5)))
        return logits


def lenet5(num_classes: int = 10, in_channels: int = 1, image_size: tuple[int, int] = (32, 32)) -> LeNet5:
    """LeNet-5 for pictures of one size (height, width)."""
    return LeNet5(num_classes, in_channels, image_size, nn.MaxPool2d)


def lenet5_average(
    num_classes: int = 10, in_channels: int = 1, image_size: tuple[int, int] = (32, 32)
) -> LeNet5:
    """LeNet-5 whose pools take the mean, for pictures of one size (height, width)."""
    return LeNet5(num_classes, in_channels, image_size, nn.AvgPool2d)
