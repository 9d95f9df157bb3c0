"""What a picture is compared by: its lightness at 32 x 32, and the eight ways to turn and mirror it.

Lightness is the mean of the largest and the smallest of red, green and blue: turning the hue or interchanging
channels does not change it. It is stretched to the full 8 bits, so brightness and contrast do not count.
"""

import math

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torch.nn import functional as F

from striate.shapes import Picture

SIDE = 32  # pixels of a thumbnail's side
SMALLEST = 48  # pixels; below, different pictures look alike as thumbnails
FLATTEST = 3.0  # standard deviation in grey levels; below, there is nothing but noise to compare
WAVES = 8  # frequencies in each direction that a signature keeps
SYMMETRIES = 8  # of the square


def thumbnail(picture: Picture) -> UInt8[Tensor, "1024"] | None:
    """The lightness of a picture at 32 x 32, flattened; None if it is too small or too flat to compare."""
    if min(picture.shape[1:]) < SMALLEST:
        return None
    step = max(1, min(picture.shape[1:]) // (8 * SIDE))  # 64 pixels of each cell say enough
    sampled = picture[:, ::step, ::step].contiguous()  # else the next line takes three times as long
    lightness = sampled.amax(dim=0, keepdim=True).float()
    if len(sampled) == 3:
        lightness = (lightness + sampled.amin(dim=0, keepdim=True)) / 2
    small = F.interpolate(lightness[None], (SIDE, SIDE), mode="bilinear", antialias=True).flatten()
    if small.std().item() < FLATTEST:
        return None
    low, high = small.aminmax()
    return ((small - low) * (255 / (high - low))).round().to(torch.uint8)


def signatures(thumbnails: UInt8[Tensor, "N 1024"]) -> Float[Tensor, "N 64"]:
    """The lowest 8 x 8 frequencies of each thumbnail (cosine transform), at unit length.

    Each is multiplied by its frequency: photographs hold about as much of every frequency then, so that the
    product of two signatures is not decided by where a picture is bright and where it is dark alone.
    """
    place, wave = torch.arange(SIDE) + 0.5, torch.arange(WAVES).float()
    cosines = torch.cos(math.pi / SIDE * wave[:, None] * place)
    lengths = torch.where(wave == 0, math.sqrt(0.5), 1.0)  # of the constant wave against the others
    weights = (wave[:, None] ** 2 + wave**2).sqrt() * lengths[:, None] * lengths
    spectrum = cosines @ _squares(thumbnails) @ cosines.T * weights
    return F.normalize(spectrum.flatten(1), dim=1)


def turned_signatures(found: Float[Tensor, "N 64"]) -> Float[Tensor, "8 N 64"]:
    """The signatures of the eight orientations, in the order of `oriented`."""
    spectrum = found.view(-1, WAVES, WAVES)
    odd = (-1.0) ** torch.arange(WAVES)  # mirroring turns the sign of every odd wave
    ways = [
        (base * (odd[:, None] if down else 1.0) * (odd if across else 1.0)).flatten(1)
        for base in (spectrum, spectrum.transpose(1, 2))
        for down in (False, True)
        for across in (False, True)
    ]
    return torch.stack(ways)


def oriented(thumbnails: UInt8[Tensor, "N 1024"], ways: Int64[Tensor, " N"]) -> Float[Tensor, "N 32 32"]:
    """Each thumbnail in one of its eight orientations.

    Args:
        ways: for each row 4 if rows and columns are interchanged, plus 2 if it is then mirrored top to
            bottom, plus 1 if left to right.
    """
    squares = _squares(thumbnails)
    for bit, change in ((4, _transposed), (2, _upside_down), (1, _mirrored)):
        squares = torch.where((ways & bit).bool()[:, None, None], change(squares), squares)
    return squares


def _squares(thumbnails: UInt8[Tensor, "N 1024"]) -> Float[Tensor, "N 32 32"]:
    return thumbnails.view(-1, SIDE, SIDE).float()


def _transposed(squares: Tensor) -> Tensor:
    return squares.transpose(1, 2)


def _upside_down(squares: Tensor) -> Tensor:
    return squares.flip(1)


def _mirrored(squares: Tensor) -> Tensor:
    return squares.flip(2)
