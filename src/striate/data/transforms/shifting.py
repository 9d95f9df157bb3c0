"""Pictures shifted by whole pixels and flipped, a batch at once: most changes of small pictures."""

import numpy as np
import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor

from striate.data.transforms.filling import folded
from striate.data.transforms.geometry import Fill
from striate.shapes import Pictures


def read_shifted(
    pictures: UInt8[Tensor, "N C H W"],
    rows: Int64[Tensor, " B"],
    corners: Int64[Tensor, "B 2"],
    flips: Bool[Tensor, "B 2"],
    fill: Fill,
) -> Pictures:
    """The pictures at `rows`, read from (x, y) on and flipped (left to right, top to bottom), 8 bit.

    Args:
        pictures: (N, C, H, W).
        rows: which of them.
        corners: (x, y) of the first pixel that is seen; may lie outside.
        flips: whether each is mirrored and upended.
        fill: what is seen beyond the edges.
    """
    height, width = pictures.shape[2:]
    across = _places(corners[:, 0], flips[:, 0], width)
    down = _places(corners[:, 1], flips[:, 1], height)
    last = pictures.permute(0, 2, 3, 1)  # one read of all channels
    rows_read, columns_read = _inside(down, height, fill), _inside(across, width, fill)
    seen = last[rows[:, None, None], rows_read[:, :, None], columns_read[:, None]]
    if fill == "constant":
        outside = _outside(down, height)[:, :, None] | _outside(across, width)[:, None]
        seen = seen.masked_fill(outside[..., None], 0)
    return seen.permute(0, 3, 1, 2)


def _places(first: Int64[Tensor, " B"], flipped: Bool[Tensor, " B"], length: int) -> Int64[Tensor, "B L"]:
    steps = torch.arange(length)
    return first[:, None] + torch.where(flipped[:, None], steps.flip(0), steps)


def _outside(places: Int64[Tensor, "B L"], length: int) -> Bool[Tensor, "B L"]:
    return (places < 0) | (places >= length)


def _inside(places: Int64[Tensor, "B L"], length: int, fill: Fill) -> Int64[Tensor, "B L"]:
    if not bool(_outside(places, length).any()):
        return places
    return torch.from_numpy(np.ascontiguousarray(folded(places.numpy(), length, fill)))
