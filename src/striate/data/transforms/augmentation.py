"""Augmentation that depends on (seed, epoch, picture) and on nothing else.

A picture's random numbers are its row in a table that the epoch's number seeds. So neither batch size nor
order nor the number of workers changes what happens to a picture, and a resumed training sees what the
unbroken one would have. Geometry is one matrix a picture: boxes, masks and points of later tasks move with
the same matrix.
"""

from dataclasses import dataclass
from math import pi
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from striate.shapes import Images, Pictures

DRAWS = 9  # uniform numbers a picture


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Ranges; everything is drawn uniformly.

    Attributes:
        shift: largest shift, as a share of each side.
        rotate: largest rotation, degrees.
        zoom: smallest and largest enlargement.
        stretch: largest change of proportions, as a factor above 1.
        shear: largest shear angle, degrees.
        mirror: flip half of the pictures left to right.
        light: largest change of brightness and of contrast, as a share.
        fill: what appears beyond the picture's edge: its edge pixels, its mirror image or black.
    """

    shift: float = 0.0
    rotate: float = 0.0
    zoom: tuple[float, float] = (1.0, 1.0)
    stretch: float = 1.0
    shear: float = 0.0
    mirror: bool = False
    light: float = 0.0
    fill: Literal["border", "reflection", "zeros"] = "border"

    def __call__(self, pictures: Pictures, draws: Float[Tensor, "B 9"]) -> Images:
        """The pictures, changed: (B, C, H, W), values 0 to 255, float.

        Args:
            pictures: (B, C, H, W), 8 bit.
            draws: (B, 9) uniform numbers in [0, 1), a row a picture.
        """
        images = pictures.float()
        size_hw = (images.shape[2], images.shape[3])
        grid = F.affine_grid(self.matrices(draws, size_hw), list(images.shape), align_corners=False)
        images = F.grid_sample(images, grid, "bilinear", self.fill, align_corners=False)
        if self.light:
            images = self._relit(images, draws)
        return images

    def matrices(self, draws: Float[Tensor, "B 9"], size_hw: tuple[int, int]) -> Float[Tensor, "B 2 3"]:
        """Where each output pixel is read in the input, in coordinates from -1 to 1 (as in `affine_grid`)."""
        signed = draws * 2 - 1
        angle, shear = signed[:, 0] * self.rotate * pi / 180, signed[:, 1] * self.shear * pi / 180
        zoom = self.zoom[0] + (self.zoom[1] - self.zoom[0]) * draws[:, 2]
        stretch = self.stretch ** signed[:, 3]
        mirror = torch.where(draws[:, 6] < 0.5, -1.0, 1.0) if self.mirror else torch.ones(len(draws))
        aspect = size_hw[1] / size_hw[0]  # a rotation of pixels is none of squeezed coordinates
        cos, sin = angle.cos() / zoom, angle.sin() / zoom
        along = torch.stack(
            [cos * stretch * mirror, (-sin + cos * shear.tan()) / aspect, signed[:, 4] * self.shift * 2], 1
        )
        down = torch.stack(
            [sin * stretch * mirror * aspect, cos + sin * shear.tan(), signed[:, 5] * self.shift * 2], 1
        )
        return torch.stack([along, down], dim=1)

    def _relit(self, images: Images, draws: Float[Tensor, "B 9"]) -> Images:
        signed = (draws * 2 - 1).view(len(draws), DRAWS, 1, 1, 1)
        mean = images.mean(dim=(1, 2, 3), keepdim=True)
        contrast, brightness = 1 + self.light * signed[:, 7], 1 + self.light * signed[:, 8]
        return ((images - mean) * contrast + mean * brightness).clamp(0, 255)


AUGMENTATIONS: dict[str, Augmentation | None] = {
    "none": None,
    # Digits and other signs are not mirrored: a mirrored 2 is no 2.
    "light": Augmentation(shift=0.07, rotate=10.0, zoom=(0.9, 1.1), shear=5.0, fill="border"),
    "photo": Augmentation(
        shift=0.08, rotate=10.0, zoom=(0.95, 1.5), stretch=1.15, mirror=True, light=0.2, fill="reflection"
    ),
}


def uniform_draws(seed: int, epoch: int, pictures: int) -> Float[Tensor, "N 9"]:
    """The table of an epoch: row i belongs to the i-th training picture."""
    generator = torch.Generator().manual_seed(stream_seed(seed, "augmentation", epoch))
    return torch.rand(pictures, DRAWS, generator=generator)


STREAMS = ("order", "augmentation", "weights", "head", "split", "dropout")


def stream_seed(seed: int, stream: str, number: int = 0) -> int:
    """A seed for one use of randomness, independent of the other uses and of other numbers."""
    state = np.random.SeedSequence([seed, STREAMS.index(stream), number]).generate_state(1, np.uint64)
    return int(state[0]) % 2**63
