"""What happens to a training picture, composed of geometry, crop, colour, erasing and mixing.

Everything is a function of the picture and of its uniform numbers (`draws.py`), and 8 bit goes in and out.
"""

from dataclasses import dataclass

from striate.data.transforms import draws as places
from striate.data.transforms.colour import Colour
from striate.data.transforms.crop import Crop
from striate.data.transforms.draws import Draws
from striate.data.transforms.erasing import Erasing
from striate.data.transforms.geometry import Geometry, Matrices, compose
from striate.data.transforms.mixing import Mixing
from striate.data.transforms.sampling import interpolate, read_boxes, snapped
from striate.shapes import Pictures


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The changes, in their order; mixing needs a partner and is done where batches are made."""

    geometry: Geometry | None = None
    crop: Crop | None = None
    colour: Colour | None = None
    erasing: Erasing | None = None
    mixing: Mixing | None = None

    def __call__(self, pictures: Pictures, draws: Draws) -> Pictures:
        """The pictures, changed, but not yet mixed: (B, C, H, W), 8 bit.

        Args:
            pictures: (B, C, H, W), 8 bit; quickest with channels last in memory.
            draws: (B, 64) uniform numbers in [0, 1), a row a picture.
        """
        if self.geometry is not None or self.crop is not None:
            geometry = self.geometry or Geometry()
            read = read_boxes if geometry.upright else interpolate
            pictures = read(
                pictures, self.matrices(draws, (pictures.shape[2], pictures.shape[3])), geometry.fill
            )
        if self.colour is not None:
            pictures = self.colour(pictures, draws[:, places.COLOUR])
        if self.erasing is not None:
            pictures = self.erasing(pictures, draws[:, places.ERASING])
        return pictures

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
