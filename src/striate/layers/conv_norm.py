"""Convolution, batch normalisation, ReLU: the unit of every Inception network since 2015.

Source: Ioffe and Szegedy, "Batch Normalization", ICML 2015, arXiv:1502.03167, section 3.2
"""

from jaxtyping import Float
from torch import Tensor, nn

Kernel = int | tuple[int, int]  # side, or (height, width)
Map = Float[Tensor, "B _ _ _"]


class ConvNormReLU(nn.Module):
    """A convolution without bias, batch normalisation (epsilon 0.001), ReLU.

    Padding by half the kernel, which keeps the size at stride 1, or none if `valid`.
    """

    def __init__(
        self, before: int, after: int, kernel: Kernel, stride: int = 1, *, valid: bool = False
    ) -> None:
        super().__init__()
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (0, 0) if valid else (height // 2, width // 2)
        self.conv = nn.Conv2d(before, after, (height, width), stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(after, eps=1e-3)
        self.relu = nn.ReLU()

    def forward(self, maps: Map) -> Map:
        activated: Tensor = self.relu(self.bn(self.conv(maps)))
        return activated


def chain(before: int, *steps: tuple[int, Kernel] | tuple[int, Kernel, int]) -> nn.Sequential:
    """Units in a row; a step is (channels, kernel), or (channels, kernel, stride) without padding."""
    units = nn.Sequential()
    for after, kernel, *stride in steps:
        units.append(ConvNormReLU(before, after, kernel, *stride, valid=bool(stride)))
        before = after
    return units
