"""Pictures that are there twice: byte for byte, or nearly.

Nearly: grey 16 x 16 thumbnails, shifted to zero mean and scaled to unit length, whose product (their
correlation) reaches `NEAR`. It sees through other sizes, compression, brightness and tint; not through crops,
turns or mirrors.
"""

from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torchvision.transforms.v2 import functional as geometry

from striate.preprocess import GREY_WEIGHTS
from striate.shapes import Picture

NEAR = 0.98
SIDE = 16  # pixels of a thumbnail's side
SMALLEST = 48  # pixels; below, different pictures look alike as thumbnails
_FLATTEST = 3.0  # standard deviation in grey levels; below, correlation compares noise
_BLOCK = 2048


def thumbnail(picture: Picture) -> UInt8[Tensor, "256"] | None:
    """What a picture is compared by, None if it is too small or too flat to compare."""
    if min(picture.shape[1:]) < SMALLEST:
        return None
    # 64 pixels of each cell say enough; and smaller first, then grey, holds no large picture as floats.
    step = max(1, min(picture.shape[1:]) // (8 * SIDE))
    sampled = picture[:, ::step, ::step].contiguous()
    small = geometry.resize(sampled, [SIDE, SIDE], antialias=True).float()
    weights = torch.tensor(GREY_WEIGHTS if len(small) == 3 else (1.0,))
    grey = torch.tensordot(weights, small, dims=1).flatten()
    return grey.round().to(torch.uint8) if grey.std().item() >= _FLATTEST else None


def exact_pairs(digests: Sequence[str | None]) -> list[tuple[int, int]]:
    """Each row with the first row of the same content."""
    first: dict[str, int] = {}
    pairs = []
    for row, value in enumerate(digests):
        if value is not None and first.setdefault(value, row) != row:
            pairs.append((first[value], row))
    return pairs


def near_pairs(
    thumbnails: UInt8[Tensor, "N D"], comparable: Bool[Tensor, " N"], threshold: float = NEAR
) -> list[tuple[int, int]]:
    """Rows whose thumbnails correlate at `threshold` or more, by blocks of one matrix product.

    Args:
        thumbnails: as `thumbnail` gives them.
        comparable: which rows have one.
    """
    rows = comparable.nonzero().flatten()
    unit = normalised(thumbnails[rows])
    pairs: list[tuple[int, int]] = []
    for at in range(0, len(rows), _BLOCK):
        block = unit[at : at + _BLOCK]
        for other in range(at, len(rows), _BLOCK):
            close = block @ unit[other : other + _BLOCK].T >= threshold
            if close.any():
                found = close.nonzero() + torch.tensor([at, other])
                found = found[found[:, 0] < found[:, 1]]
                pairs += [(a, b) for a, b in rows[found].tolist()]
    return pairs


def normalised(thumbnails: UInt8[Tensor, "N D"]) -> Float[Tensor, "N D"]:
    """Zero mean and unit length, so that a product of two is their correlation."""
    values = thumbnails.float()
    values = values - values.mean(dim=1, keepdim=True)
    lengths = values.square().sum(dim=1, keepdim=True).sqrt()
    return values / lengths.clamp(min=1e-6)


def groups(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` rows the smallest row that pairs connect it with, directly or through others."""
    parent = list(range(count))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for first, second in pairs:
        low, high = sorted((root(first), root(second)))
        parent[high] = low
    return [root(row) for row in range(count)]


def members(groups: Sequence[int]) -> list[list[int]]:
    """The groups with at least two rows, each in order."""
    together: dict[int, list[int]] = {}
    for row, group in enumerate(groups):
        together.setdefault(group, []).append(row)
    return [rows for rows in together.values() if len(rows) > 1]
