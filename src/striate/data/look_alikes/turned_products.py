"""The products of many signatures with many others in their eight orientations, by parity: half the work.

A mirror turns the sign of the odd waves across, another of those down. So a product is that of the waves that
are even across plus or minus that of the odd ones, and its largest absolute value the sum of theirs.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from striate.data.look_alikes.thumbnails import WAVES

_TILE = 256  # rows and columns at a time: what is summed stays in the processor's own memory


def most_alike(first: Float[Tensor, "P 64"], second: Float[Tensor, "Q 64"]) -> Float[Tensor, "P Q"]:
    """The largest product over all orientations; a negative of a picture counts as the picture."""
    even, odd = _across(first)
    ways = [tuple(half.T.contiguous() for half in _across(way)) for way in _turned(second)]
    alike = torch.zeros(len(first), len(second))
    for at in range(0, len(first), _TILE):
        rows = slice(at, at + _TILE)
        for other in range(0, len(second), _TILE):
            columns = slice(other, other + _TILE)
            tile = alike[rows, columns]
            for its_even, its_odd in ways:
                products = (even[rows] @ its_even[:, columns]).abs_()
                products += (odd[rows] @ its_odd[:, columns]).abs_()
                torch.maximum(tile, products, out=tile)
    return alike


def _across(found: Float[Tensor, "N 64"]) -> tuple[Float[Tensor, "N 32"], Float[Tensor, "N 32"]]:
    """The waves that are even across, and those that are odd."""
    spectrum = found.view(-1, WAVES, WAVES)
    return spectrum[:, :, 0::2].flatten(1), spectrum[:, :, 1::2].flatten(1)


def _turned(found: Float[Tensor, "N 64"]) -> list[Float[Tensor, "N 64"]]:
    """As they are and upside down, rows and columns interchanged or not: four of the eight."""
    spectrum = found.view(-1, WAVES, WAVES)
    upside_down = (-1.0) ** torch.arange(WAVES)[:, None]
    both = (spectrum, spectrum.transpose(1, 2))
    return [(base * sign).flatten(1) for base in both for sign in (torch.ones(1, 1), upside_down)]
