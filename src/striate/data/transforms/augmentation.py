"""What happens to a training picture, composed of geometry, crop, colour, erasing and mixing.

Everything is a function of the picture and of its uniform numbers (`draws.py`), and 8 bit goes in and out.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from striate.data.transforms import draws as places
from striate.data.transforms.colour import Colour
from striate.data.transforms.crop import Crop
from striate.data.transforms.draws import Draws
from striate.data.transforms.erasing import Erasing
from striate.data.transforms.geometry import Geometry, Matrices, compose
from striate.data.transforms.mixing import Mixing
from striate.data.transforms.sampling import interpolate, pick, read_boxes, snapped
from striate.shapes import Pictures


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The changes, in their order; mixing needs a partner and is done where batches are made."""

    geometry: Geometry | None = None
    crop: Crop | None = None
    colour: Colour | None = None
    erasing: Erasing | None = None
    mixing: Mixing | None = None

    @property
    def moves(self) -> bool:
        """Whether pixels change their place, and boxes, masks and points with them."""
        return self.geometry is not None or self.crop is not None

    def __call__(
        self,
        pictures: UInt8[Tensor, "N C H W"],
        draws: Draws,
        rows: Int64[Tensor, " B"] | None = None,
    ) -> Pictures:
        """The pictures, changed, but not yet mixed: (B, C, H, W), 8 bit.

        Args:
            pictures: (N, C, H, W), 8 bit; quickest with channels last in memory.
            draws: (B, 64) uniform numbers in [0, 1), a row for each picture that is wanted.
            rows: which of the pictures; all of them if not given.
        """
        rows = torch.arange(len(pictures)) if rows is None else rows
        if self.moves:
            geometry = self.geometry or Geometry()
            read = read_boxes if geometry.upright else interpolate
            matrices = self.matrices(draws, (pictures.shape[2], pictures.shape[3]))
            changed = read(pictures, rows, matrices, geometry.fill)
        else:
            changed = pick(pictures, rows)
        if self.colour is not None:
            changed = self.colour(changed, draws[:, places.COLOUR])
        if self.erasing is not None:
            changed = self.erasing(changed, draws[:, places.ERASING])
        return changed

    def matrices(self, draws: Draws, size_hw: tuple[int, int]) -> Matrices:
        """Where each output pixel is read in the input, in coordinates from -1 to 1; boxes move with them.

        Without rotation and shear what is seen begins and ends between whole pixels, so that it needs no
        interpolation but the resize.
        """
        geometry = self.geometry or Geometry()
        matrices = geometry.matrices(draws[:, places.GEOMETRY], size_hw)
        if self.crop is not None:
            matrices = compose(self.crop.matrices(draws[:, places.CROP], size_hw), matrices)
        return snapped(matrices, size_hw) if geometry.upright else matrices
