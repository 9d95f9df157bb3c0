"""What a picture is compared by: its lightness at 32 x 32, and the eight ways to turn and mirror it.

Lightness is the mean of the largest and the smallest of red, green and blue: turning the hue or interchanging
channels does not change it. It is stretched to the full 8 bits, so brightness and contrast do not count.
"""

import math
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped, UInt8
from torch import Tensor
from torch.nn import functional as F

from striate.shapes import Picture

SIDE = 32  # pixels of a thumbnail's side
SMALLEST = 48  # pixels; below, different pictures look alike as thumbnails
LONGEST = 4096  # pixels of a side that are looked at; of a narrow strip fewer than of others
FLATTEST = 3.0  # standard deviation in grey levels; below, there is nothing but noise to compare
WAVES = 8  # frequencies in each direction that a signature keeps
SYMMETRIES = 8  # of the square

Squares = Shaped[Tensor, "N S S"]


def thumbnail(picture: Picture) -> UInt8[Tensor, "1024"] | None:
    """The lightness of a picture at 32 x 32, flattened; None if it is too small or too flat to compare."""
    small = shrunk(picture)
    if small is None:
        return None
    thumbnails, comparable = stretched(small[None])
    return thumbnails[0] if comparable[0] else None


def shrunk(picture: Picture) -> Float[Tensor, "32 32"] | None:
    """The lightness of a picture at 32 x 32, from 0 to 255; None if it is too small to compare."""
    if min(picture.shape[1:]) < SMALLEST:
        return None
    step = max(1, min(picture.shape[1:]) // (8 * SIDE))  # 64 pixels of each cell say enough
    down, across = (max(step, side // LONGEST) for side in picture.shape[1:])
    # In NumPy: to take every second pixel, and the channels apart, costs half of what it does in torch.
    sampled = np.ascontiguousarray(picture.numpy()[:, ::down, ::across])
    largest = smallest = sampled[0]
    for channel in sampled[1:]:
        largest, smallest = np.maximum(largest, channel), np.minimum(smallest, channel)
    both = torch.from_numpy(np.add(largest, smallest, dtype=np.float32))
    height, width = both.shape
    # In torch: NumPy's own threads for a product would fight with those that read pictures.
    return _shrinking(height) @ both @ _shrinking(width).T / 2


def stretched(small: Float[Tensor, "N 32 32"]) -> tuple[UInt8[Tensor, "N 1024"], Bool[Tensor, " N"]]:
    """Thumbnails of shrunk pictures, and which of these are not too flat to compare; zeros for the others."""
    values = small.flatten(1)
    low, high = values.aminmax(dim=1, keepdim=True)
    comparable = values.std(dim=1) >= FLATTEST
    scale = torch.where(comparable[:, None], torch.full_like(low, 255) / (high - low), 0.0)
    return ((values - low) * scale).round().to(torch.uint8), comparable


@lru_cache(maxsize=32)
def _shrinking(side: int) -> Float[Tensor, "32 S"]:
    """The share of `side` pixels in each of 32: triangles, each as wide as two of the new pixels."""
    scale = side / SIDE
    centres = (np.arange(SIDE)[:, None] + 0.5) * scale
    weights = np.clip(1 - np.abs(np.arange(side) + 0.5 - centres) / scale, 0, None)
    return torch.from_numpy((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))


def signatures(thumbnails: UInt8[Tensor, "N 1024"]) -> Float[Tensor, "N 64"]:
    """The lowest 8 x 8 frequencies of each thumbnail (cosine transform), at unit length.

    Each is multiplied by its frequency: photographs hold about as much of every frequency then, so that the
    product of two signatures is not decided by where a picture is bright and where it is dark alone.
    """
    place, wave = torch.arange(SIDE) + 0.5, torch.arange(WAVES).float()
    cosines = torch.cos(math.pi / SIDE * wave[:, None] * place)
    lengths = torch.where(wave == 0, math.sqrt(0.5), 1.0)  # of the constant wave against the others
    weights = (wave[:, None] ** 2 + wave**2).sqrt() * lengths[:, None] * lengths
    spectrum = cosines @ as_squares(thumbnails) @ cosines.T * weights
    return F.normalize(spectrum.flatten(1), dim=1)


def turned_signatures(found: Float[Tensor, "N 64"]) -> Float[Tensor, "8 N 64"]:
    """The signatures of the eight orientations, in the order of `turned`."""
    spectrum = found.view(-1, WAVES, WAVES)
    odd = (-1.0) ** torch.arange(WAVES)  # mirroring turns the sign of every odd wave
    ways = [
        (base * (odd[:, None] if down else 1.0) * (odd if across else 1.0)).flatten(1)
        for base in (spectrum, spectrum.transpose(1, 2))
        for down in (False, True)
        for across in (False, True)
    ]
    return torch.stack(ways)


def turned(squares: Squares, way: int) -> Squares:
    """Pictures in one of the eight orientations.

    Args:
        squares: (N, S, S), of any values.
        way: 4 if rows and columns are interchanged, plus 2 if the result is mirrored top to bottom, plus 1 if
            left to right.
    """
    squares = squares.transpose(1, 2) if way & 4 else squares
    return squares.flip([axis for bit, axis in ((2, 1), (1, 2)) if way & bit])


def as_squares(thumbnails: UInt8[Tensor, "N 1024"]) -> Float[Tensor, "N 32 32"]:
    """Thumbnails as pictures again, in floating point."""
    return thumbnails.view(-1, SIDE, SIDE).float()
