"""Brightness, contrast, saturation and hue, as torchvision defines them, in one pass over the picture.

The first three are one map of colours, x -> a x + g grey(x) + c, so nothing is cut off between them; hue
turns the colour circle.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from striate.data.transforms.ranges import Number, require_number
from striate.preprocess.preprocessing import GREY_WEIGHTS
from striate.shapes import Images, Pictures

TOGETHER = 2  # pictures at once: they stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Colour:
    """Largest changes, as shares; factors are drawn uniformly from 1 - share to 1 + share.

    Attributes:
        brightness: of every value.
        contrast: of the distance from the picture's mean grey.
        saturation: of the distance from the pixel's grey; nothing happens to grey pictures.
        hue: largest turn of the colour circle, as a share of it, up to 0.5; as saturation.
    """

    brightness: Number = 0.0
    contrast: Number = 0.0
    saturation: Number = 0.0
    hue: Number = 0.0

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation"):
            require_number(name, getattr(self, name), 0, 1)
        require_number("hue", self.hue, 0, 0.5)

    def __call__(self, pictures: Pictures, draws: Float[Tensor, "B 4"]) -> Pictures:
        """The pictures in other light; `draws` are uniform numbers in [0, 1), 0.5 changes nothing."""
        signed = draws * 2 - 1
        ranges = (self.brightness, self.contrast, self.saturation)
        factors = torch.stack([1 + share * signed[:, i] for i, share in enumerate(ranges)], dim=1)
        turns = self.hue * signed[:, 3]
        seen = torch.empty(pictures.shape, dtype=torch.uint8)
        for begin in range(0, len(pictures), TOGETHER):
            some = slice(begin, begin + TOGETHER)
            images = relit(pictures[some], factors[some])
            if self.hue and pictures.shape[1] == 3:
                images = turned(images, turns[some])
            seen[some] = images.round_()
        return seen


def relit(pictures: Pictures, factors: Float[Tensor, "B 3"]) -> Images:
    """The pictures times brightness, then spread by contrast and saturation, within 0 to 255.

    Args:
        pictures: (B, C, H, W), 8 bit, grey or RGB.
        factors: brightness, contrast, saturation of each picture; 1 changes nothing.
    """
    brightness, contrast, saturation = factors.view(-1, 3, 1, 1, 1).unbind(dim=1)
    images = pictures.to(torch.float32, memory_format=torch.contiguous_format)
    # Whole numbers: the sum does not depend on how many pictures are summed together.
    means = pictures.sum(dim=(2, 3), keepdim=True).float() / (pictures.shape[2] * pictures.shape[3])
    offset = (1 - contrast) * brightness * _grey(means)
    if pictures.shape[1] == 1:
        return images.mul_(brightness * contrast).add_(offset).clamp_(0, 255)
    grey = _grey(images)
    images.mul_(brightness * contrast * saturation)
    images.addcmul_(grey, (1 - saturation) * brightness * contrast)
    return images.add_(offset).clamp_(0, 255)


def turned(images: Images, turns: Float[Tensor, " B"]) -> Images:
    """RGB images of values 0 to 255 with the hue of every pixel moved by `turns`, shares of the circle.

    Source: the hexagonal model of hue, A. R. Smith, "Color gamut transform pairs", SIGGRAPH 1978.
    """
    red, green, blue = images.unbind(dim=1)
    largest = images.amax(dim=1)
    spread = largest - images.amin(dim=1)
    safe = spread.clamp(min=1e-6)
    sixth = torch.where(
        largest == red,
        (green - blue) / safe,
        torch.where(largest == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    sixth = sixth + 6 * turns.view(-1, 1, 1)
    channels = []
    for start in (5, 3, 1):
        place = (start + sixth) % 6
        channels.append(largest - spread * torch.minimum(place, 4 - place).clamp(0, 1))
    return torch.stack(channels, dim=1)


def _grey(images: Tensor) -> Tensor:
    if images.shape[1] == 1:
        return images
    red, green, blue = GREY_WEIGHTS
    grey = images[:, :1] * red
    grey.add_(images[:, 1:2], alpha=green).add_(images[:, 2:3], alpha=blue)
    return grey
