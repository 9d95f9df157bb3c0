"""Random erasing: noise in place of a rectangle, so that no single part decides.

Source: Zhong et al., "Random Erasing Data Augmentation", AAAI 2020, algorithm 1 with random values (RE-R),
arXiv:1708.04896
Differs: a rectangle that does not fit is cut to the picture's sides; it is not drawn again.
"""

from dataclasses import dataclass
from math import log

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from striate.data.transforms.ranges import Interval, Number, require_interval, require_number
from striate.shapes import Pictures


@dataclass(frozen=True, slots=True)
class Erasing:
    """Ranges of the rectangle.

    Attributes:
        erase: share of the pictures that lose a rectangle.
        erase_area: smallest and largest share of the picture's area.
        erase_ratio: smallest and largest height / width; drawn uniformly in its logarithm.
    """

    erase: Number = 0.5
    erase_area: Interval = (0.02, 0.33)
    erase_ratio: Interval = (0.3, 1 / 0.3)

    def __post_init__(self) -> None:
        require_number("erase", self.erase, 0, 1)
        require_interval("erase_area", self.erase_area, 0, 1)
        require_interval("erase_ratio", self.erase_ratio, 0.01, 100)

    def boxes(self, draws: Float[Tensor, "B 6"], size_hw: tuple[int, int]) -> Int64[Tensor, "B 4"]:
        """What is erased, (x1, y1, x2, y2) in pixels; empty where a picture stays whole."""
        height, width = size_hw
        draws = draws.double()
        area = (self.erase_area[0] + (self.erase_area[1] - self.erase_area[0]) * draws[:, 1]) * height * width
        low, high = log(self.erase_ratio[0]), log(self.erase_ratio[1])
        ratio = (low + (high - low) * draws[:, 2]).exp()
        chosen = draws[:, 0] < self.erase
        tall = (area * ratio).sqrt().round().clamp(max=height) * chosen
        wide = (area / ratio).sqrt().round().clamp(max=width) * chosen
        top, left = (draws[:, 3] * (height - tall + 1)).floor(), (draws[:, 4] * (width - wide + 1)).floor()
        return torch.stack([left, top, left + wide, top + tall], dim=1).long()

    def __call__(self, pictures: Pictures, draws: Float[Tensor, "B 6"]) -> Pictures:
        """Copies of the pictures with noise, uniform in 0 to 255, in their rectangles."""
        seen = pictures.clone()
        boxes = self.boxes(draws, (pictures.shape[2], pictures.shape[3])).tolist()
        for picture, (left, top, right, bottom), last in zip(seen, boxes, draws[:, 5].tolist(), strict=True):
            if right > left and bottom > top:
                generator = torch.Generator().manual_seed(int(last * 2**24))
                shape = (picture.shape[0], bottom - top, right - left)
                noise = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
                picture[:, top:bottom, left:right] = noise
        return seen
