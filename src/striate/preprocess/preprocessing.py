"""How a picture becomes a network's input: one frozen specification and its one implementation.

Training, prediction, evaluation and (later) export, server and engines all read this file, so a picture is
never treated in two ways. The specification is saved with the run as `preprocess.json`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from striate.errors import StriateError
from striate.preprocess.placement import Fit, Placement
from striate.shapes import FittedPicture, Images, Picture, Pictures

Channels = Float[Tensor, " C"]
GREY_WEIGHTS = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow and libjpeg have them


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Size, channels, fit and normalisation of a network's input.

    `fit` says what happens to a picture of another shape: `squeeze` changes its proportions and keeps all of
    it, `pad` keeps proportions and adds black borders, `crop` keeps proportions and cuts the longer side's
    ends off. `mean` and `std` are per channel, of values in [0, 1]. `white` is the sample that is white in
    files of 16-bit grey.
    """

    size_hw: tuple[int, int]
    channels: Literal[1, 3]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    fit: Fit = "squeeze"
    white: int = 65535

    def __post_init__(self) -> None:
        if min(self.size_hw) < 1 or self.channels not in (1, 3) or self.fit not in ("squeeze", "pad", "crop"):
            raise StriateError(
                f"preprocessing of size {self.size_hw}, {self.channels} channels and fit '{self.fit}' is not "
                "possible: sizes are positive, channels 1 or 3, fit squeeze, pad or crop."
            )
        if len(self.mean) != self.channels or len(self.std) != self.channels or min(self.std) <= 0:
            raise StriateError("preprocessing needs one mean and one positive std for every channel.")

    def fit_picture(self, picture: Picture) -> FittedPicture:
        """The picture at the network's size and channels, still 8 bit (bilinear with antialiasing)."""
        picture = to_channels(picture, self.channels)
        if tuple(picture.shape[1:]) == self.size_hw:
            return picture
        inner = self.place((picture.shape[1], picture.shape[2])).inner_hw
        return _centred(_resize(picture, inner), self.size_hw)

    def place(self, picture_hw: tuple[int, int]) -> Placement:
        """Where a picture of this size lies in the input, for its boxes, points and masks."""
        return Placement.of(self.fit, picture_hw, self.size_hw)

    def normalise(self, pictures: Pictures | Images) -> Images:
        """Pictures of values 0 to 255 as the network's floats: divided by 255, minus `mean`, over `std`."""
        # One multiply and one add. Pixel by pixel in memory, as networks read it, and a row of pixels at a
        # time: three numbers alone would be slow.
        scale, shift = self.coefficients(pictures.device)
        images = pictures.to(torch.float32, memory_format=torch.channels_last, copy=True).permute(0, 2, 3, 1)
        width = images.shape[2]
        lines = images.flatten(2).mul_(scale.repeat(width)).add_(shift.repeat(width))  # (B, H, W * C)
        return lines.view(images.shape).permute(0, 3, 1, 2)

    def coefficients(self, device: torch.device | str = "cpu") -> tuple[Channels, Channels]:
        """What `normalise` multiplies values 0 to 255 with and what it adds, (C,) each."""
        # Folded in double precision first.
        scale = [1 / (255 * std) for std in self.std]
        shift = [-mean / std for mean, std in zip(self.mean, self.std, strict=True)]
        return (
            torch.tensor(scale, dtype=torch.float32, device=device),
            torch.tensor(shift, dtype=torch.float32, device=device),
        )

    def to_json(self) -> str:
        """The specification as the text of `preprocess.json`."""
        return json.dumps(asdict(self), indent=2) + "\n"


def stacked(pictures: Sequence[FittedPicture]) -> Pictures:
    """Pictures of one size as a batch that is stored as they are: pixel by pixel, as decoders and resizing
    leave them, or channel by channel; changing that while they are put together would take ten times as long.
    """
    if pictures[0].stride(0) != 1:
        return torch.stack(list(pictures))
    return torch.stack([picture.permute(1, 2, 0) for picture in pictures]).permute(0, 3, 1, 2)


def to_channels(picture: Picture, channels: int) -> FittedPicture:
    """The picture in grey (1) or RGB (3)."""
    if picture.shape[0] == channels:
        return picture
    if channels == 3:
        return picture.expand(3, -1, -1).contiguous()
    weights = torch.tensor(GREY_WEIGHTS).view(3, 1, 1)
    return (picture.float() * weights).sum(0, keepdim=True).round().to(torch.uint8)


def _centred(picture: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """What is too long is cut at both ends, what is too short gets black borders; torchvision's rounding."""
    for axis, side in ((1, size_hw[0]), (2, size_hw[1])):
        length = picture.shape[axis]
        if length < side:
            before = (side - length) // 2
            borders = (before, side - length - before)
            picture = F.pad(picture, (0, 0, *borders) if axis == 1 else borders)
        else:
            picture = picture.narrow(axis, round((length - side) / 2), side)
    return picture


def _resize(picture: Tensor, size_hw: tuple[int, int]) -> Tensor:
    # A batch whose strides say that a picture from a decoder is stored pixel by pixel: so is the result then.
    batch = picture.permute(1, 2, 0)[None].permute(0, 3, 1, 2)
    return F.interpolate(batch, size=size_hw, mode="bilinear", antialias=True)[0]
