"""Where each pixel of a changed picture comes from: one matrix a picture.

Boxes, masks and points of a picture move with the same matrix as its pixels. The order of the changes is that
of Keras's `ImageDataGenerator`: from output to input, places are mirrored, zoomed, sheared, shifted
and turned.
"""

from dataclasses import dataclass
from math import pi
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from striate.data.transforms.ranges import Interval, Number, require_interval, require_number

Fill = Literal["nearest", "reflect", "wrap", "constant"]
Matrices = Float[Tensor, "B 2 3"]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Ranges of shift, rotation, shear, zoom and mirror images; everything is drawn uniformly.

    Attributes:
        shift: largest shift, as a share of each side.
        shift_pixels: largest shift in whole pixels, on top of `shift`.
        rotate: largest rotation, degrees.
        shear: largest shear angle, degrees.
        zoom: smallest and largest share of each side that is seen: below 1 enlarges, above 1 shrinks.
        zoom_each_side: zoom height and width independently.
        stretch: largest change of proportions, as a factor above 1.
        mirror: flip half of the pictures left to right.
        upend: flip half of the pictures top to bottom.
        fill: what appears beyond the edge: the nearest pixel, the picture reflected or repeated, or black.
    """

    shift: Number = 0.0
    shift_pixels: int = 0
    rotate: Number = 0.0
    shear: Number = 0.0
    zoom: Interval = (1.0, 1.0)
    zoom_each_side: bool = False
    stretch: Number = 1.0
    mirror: bool = False
    upend: bool = False
    fill: Fill = "nearest"

    def __post_init__(self) -> None:
        require_number("shift", self.shift, 0, 1)
        require_number("shift_pixels", self.shift_pixels, 0, 4096)
        require_number("rotate", self.rotate, 0, 180)
        require_number("shear", self.shear, 0, 80)
        require_interval("zoom", self.zoom, 0.01, 10)
        require_number("stretch", self.stretch, 1, 10)

    @property
    def upright(self) -> bool:
        """Whether rows stay rows and columns stay columns."""
        return not (self.rotate or self.shear)

    def matrices(self, draws: Float[Tensor, "B 11"], size_hw: tuple[int, int]) -> Matrices:
        """Where each output pixel is read in the input, in coordinates from -1 to 1 (as in `affine_grid`).

        Args:
            draws: uniform numbers in [0, 1), a row a picture; 0.5 is the middle of every range.
            size_hw: the pictures' size, which a rotation needs: it is one of pixels.
        """
        height, width = size_hw
        draws = draws.double()
        signed = draws * 2 - 1
        zoom_x = self.zoom[0] + (self.zoom[1] - self.zoom[0]) * draws[:, 2]
        zoom_y = zoom_x
        if self.zoom_each_side:
            zoom_y = self.zoom[0] + (self.zoom[1] - self.zoom[0]) * draws[:, 3]
        stretch = float(self.stretch) ** signed[:, 4]
        mirrored = torch.where(draws[:, 7] < 0.5, -1.0, 1.0) if self.mirror else torch.ones_like(stretch)
        upended = torch.where(draws[:, 8] < 0.5, -1.0, 1.0) if self.upend else torch.ones_like(stretch)
        whole = ((2 * self.shift_pixels + 1) * draws[:, 9:11]).floor() - self.shift_pixels
        shift_x = signed[:, 5] * self.shift * width + whole[:, 0]
        shift_y = signed[:, 6] * self.shift * height + whole[:, 1]
        scaled = _matrix(zoom_x * stretch * mirrored, 0.0, 0.0, zoom_y / stretch * upended)
        angle, shear = signed[:, 0] * self.rotate * pi / 180, signed[:, 1] * self.shear * pi / 180
        turn = _matrix(angle.cos(), angle.sin(), -angle.sin(), angle.cos())
        slant = _matrix(shear.cos(), 0.0, -shear.sin(), torch.ones_like(shear))
        linear = turn @ slant @ scaled
        moved = turn @ torch.stack([shift_x, shift_y], dim=1)[..., None]
        to_unit = torch.tensor([[2 / width], [2 / height]], dtype=torch.float64)  # pixels from the centre
        from_unit = torch.tensor([[width / 2, height / 2]], dtype=torch.float64)
        return torch.cat([to_unit * linear * from_unit, to_unit * moved], dim=2)


def _matrix(a: Tensor, b: Tensor | float, c: Tensor | float, d: Tensor) -> Float[Tensor, "B 2 2"]:
    b, c = torch.as_tensor(b, dtype=a.dtype).expand_as(a), torch.as_tensor(c, dtype=a.dtype).expand_as(a)
    return torch.stack([a, b, c, d], dim=1).view(-1, 2, 2)


def compose(outer: Matrices, inner: Matrices) -> Matrices:
    """The matrices that apply `inner` first and then `outer`."""
    linear = outer[:, :, :2] @ inner[:, :, :2]
    return torch.cat([linear, outer[:, :, :2] @ inner[:, :, 2:] + outer[:, :, 2:]], dim=2)
