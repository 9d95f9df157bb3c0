"""LeNet-5 as published in 1998: trained subsampling, a table of connections, radial basis outputs.

Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 1998,
section II.B, table I, equations 5 to 9, appendix A
Differs: the paper's output codes are pictures of printed characters, 7x12; ours are drawn after its figure 3.
For other numbers of classes than ten the codes are random, of -1 and +1.
"""

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.layers.radial_basis import RadialBasis, random_codes
from striate.layers.subsampling import TrainableSubsampling
from striate.layers.table_connected import C3_TABLE, TableConnected2d
from striate.models.backbone import Map
from striate.shapes import Images, Logits

DIGITS = """
..###.. ...##.. .#####. .#####. ....##. ####### ..####. ####### .#####. .#####.
.##.##. ..###.. ##...## ##...## ...###. ##..... .##.... ##...## ##...## ##...##
##...## .####.. .....## .....## ..####. ##..... ##..... .....## ##...## ##...##
##...## ...##.. .....## .....## .##.##. ##..... ##..... ....##. ##...## ##...##
##...## ...##.. ....##. ..####. ##..##. ######. ######. ....##. .#####. ##...##
##...## ...##.. ...##.. .....## ##..##. .....## ##...## ...##.. ##...## .######
##...## ...##.. ..##... .....## ####### .....## ##...## ...##.. ##...## .....##
##...## ...##.. .##.... .....## ....##. .....## ##...## ..##... ##...## .....##
.##.##. ...##.. ##..... ##...## ....##. ##...## ##...## ..##... ##...## ....##.
..###.. .###### ####### .#####. ....##. .#####. .#####. ..##... .#####. .####..
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
"""


class ScaledTanh(nn.Module):
    """1.7159 tanh(2/3 x): it maps 1 to 1 and -1 to -1, where its curvature is largest."""

    def forward(self, values: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        return 1.7159 * torch.tanh(2 / 3 * values)


class LeNet51998(nn.Module):
    """Seven layers, 60,000 trained parameters and 340,908 connections on 32x32 grey pictures.

    The outputs are minus the squared distances to the codes, so that larger is better. `rejection` is the
    constant j of the paper's loss (see `losses/discriminative_map.py`), which training reads.
    """

    head: ClassVar[str] = "output"
    strides: ClassVar[tuple[int, ...]] = (2, 4)
    rejection: ClassVar[float] = 1.0

    def __init__(self, num_classes: int, in_channels: int, image_size: tuple[int, int]) -> None:
        super().__init__()
        height, width = (((side - 4) // 2 - 4) // 2 for side in image_size)
        self.c1 = nn.Conv2d(in_channels, 6, kernel_size=5)  # (B, 6, 28, 28), 156 parameters
        self.squash1 = ScaledTanh()
        self.s2 = TrainableSubsampling(6)  # (B, 6, 14, 14), 12
        self.squash2 = ScaledTanh()
        self.c3 = TableConnected2d(C3_TABLE, 6, kernel_size=5)  # (B, 16, 10, 10), 1,516
        self.squash3 = ScaledTanh()
        self.s4 = TrainableSubsampling(16)  # (B, 16, 5, 5), 32
        self.squash4 = ScaledTanh()
        self.c5 = nn.Conv2d(16, 120, kernel_size=(height, width))  # (B, 120, 1, 1), 48,120
        self.squash5 = ScaledTanh()
        self.flatten = nn.Flatten()
        self.f6 = nn.Linear(120, 84)  # 10,164
        self.squash6 = ScaledTanh()
        self.output = RadialBasis(codes(num_classes).to(torch.get_default_device()))
        for layer in (self.c1, self.c5, self.f6):
            _initialise(layer)
        with torch.no_grad():  # the same rule for a table of connections
            self.c3.weight.uniform_(-1, 1).mul_(2.4 / self.c3.fan_in.view(-1, 1, 1))

    def feature_maps(self, images: Images) -> list[Map]:
        """S2 (6 maps) and S4 (16 maps), at strides 2 and 4."""
        s2 = self.squash2(self.s2(self.squash1(self.c1(images))))
        s4 = self.squash4(self.s4(self.squash3(self.c3(s2))))
        return [s2, s4]

    def forward(self, images: Images) -> Logits:
        c5 = self.flatten(self.squash5(self.c5(self.feature_maps(images)[-1])))
        logits: Tensor = self.output(self.squash6(self.f6(c5)))
        return logits


def codes(num_classes: int) -> Float[Tensor, "num_classes 84"]:
    """A code of 84 signs a class: pictures of the digits for ten, otherwise random, always the same."""
    if num_classes != 10:
        return random_codes(num_classes, 84, torch.Generator().manual_seed(1998))
    rows = [line.split() for line in DIGITS.split("\n") if line]
    drawn = ["".join(row[digit] for row in rows) for digit in range(10)]
    return torch.tensor([[1.0 if mark == "#" else -1.0 for mark in digit] for digit in drawn], device="cpu")


def _initialise(layer: nn.Conv2d | nn.Linear) -> None:
    """Uniform within 2.4 / F, where F is the number of inputs (appendix A)."""
    bound = 2.4 / layer.weight[0].numel()
    nn.init.uniform_(layer.weight, -bound, bound)
    if layer.bias is not None:
        nn.init.uniform_(layer.bias, -bound, bound)


def lenet5_1998(
    num_classes: int = 10, in_channels: int = 1, image_size: tuple[int, int] = (32, 32)
) -> LeNet51998:
    """LeNet-5 of 1998 for pictures of one size (height, width)."""
    return LeNet51998(num_classes, in_channels, image_size)
