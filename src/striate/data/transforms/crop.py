"""Random resized crop: a part of the picture, of random area, proportions and place.

Source: Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, section 6, arXiv:1409.4842; the tries as
in torchvision's `RandomResizedCrop`.
"""

from dataclasses import dataclass
from math import log

import torch
from jaxtyping import Float
from torch import Tensor

from striate.data.transforms.geometry import Matrices
from striate.data.transforms.ranges import Interval, require_interval

TRIES = 10


@dataclass(frozen=True, slots=True)
class Crop:
    """Ranges of a crop.

    Attributes:
        area: smallest and largest share of the picture's area.
        ratio: smallest and largest width / height; drawn uniformly in its logarithm.
    """

    area: Interval = (0.08, 1.0)
    ratio: Interval = (3 / 4, 4 / 3)

    def __post_init__(self) -> None:
        require_interval("area", self.area, 0.0001, 1)
        require_interval("ratio", self.ratio, 0.01, 100)

    def matrices(self, draws: Float[Tensor, "B 22"], size_hw: tuple[int, int]) -> Matrices:
        """Where each output pixel is read in the input; crops begin and end between whole pixels.

        Of ten drawn shapes the first that fits is taken; if none fits, the middle of the picture is.
        """
        height, width = size_hw
        draws = draws.double()
        area = (self.area[0] + (self.area[1] - self.area[0]) * draws[:, :TRIES]) * (height * width)
        low, high = log(self.ratio[0]), log(self.ratio[1])
        ratio = (low + (high - low) * draws[:, TRIES : 2 * TRIES]).exp()
        widths, heights = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
        fits = (widths >= 1) & (widths <= width) & (heights >= 1) & (heights <= height)
        first = fits.int().argmax(dim=1, keepdim=True)
        fitted = fits.any(dim=1)
        middle_width = min(width, max(1, round(height * self.ratio[1])))
        middle_height = min(height, max(1, round(width / self.ratio[0])))
        wide = torch.where(fitted, widths.gather(1, first)[:, 0], middle_width)
        tall = torch.where(fitted, heights.gather(1, first)[:, 0], middle_height)
        left = torch.where(fitted, (draws[:, 20] * (width - wide + 1)).floor(), (width - wide) // 2)
        top = torch.where(fitted, (draws[:, 21] * (height - tall + 1)).floor(), (height - tall) // 2)
        zero = torch.zeros_like(wide)
        along = torch.stack([wide / width, zero, (2 * left + wide) / width - 1], dim=1)
        down = torch.stack([zero, tall / height, (2 * top + tall) / height - 1], dim=1)
        return torch.stack([along, down], dim=1)
