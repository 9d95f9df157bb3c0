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

    A pair whose rows other pairs connect already is left out: the groups are those of all pairs, but there
    are fewer pairs than rows, where thousands of look-alikes would make millions.

    Args:
        thumbnails: as `thumbnail` gives them.
        comparable: which rows have one.
    """
    rows = comparable.nonzero().flatten()
    unit = normalised(thumbnails[rows])
    forest = _Forest(len(rows))
    pairs: list[tuple[int, int]] = []
    for at in range(0, len(rows), _BLOCK):
        for other in range(at, len(rows), _BLOCK):
            across = unit[at : at + _BLOCK] @ unit[other : other + _BLOCK].T
            pairs += _join(across >= threshold, at, other, forest)
    names = rows.tolist()
    return [(names[first], names[second]) for first, second in pairs]


def _join(close: Bool[Tensor, "P Q"], at: int, other: int, forest: "_Forest") -> list[tuple[int, int]]:
    """Those pairs of one block that connect what was apart; `at` and `other` are its first row and column."""
    joined: list[tuple[int, int]] = []
    height, width = close.shape
    while close.any():
        upper = torch.tensor([forest.root(row) for row in range(at, at + height)])
        lower = torch.tensor([forest.root(row) for row in range(other, other + width)])
        close = close & (upper[:, None] != lower)
        # A pair of every row and column that has one: no tree is left out, so a round halves their number.
        some_row, some_column = close.any(dim=1), close.any(dim=0)
        by_row = torch.stack([torch.arange(height), close.byte().argmax(dim=1)], dim=1)[some_row]
        by_column = torch.stack([close.byte().argmax(dim=0), torch.arange(width)], dim=1)[some_column]
        for row, column in torch.cat([by_row, by_column]).tolist():
            first, second = sorted((at + row, other + column))
            if forest.join(first, second):
                joined.append((first, second))
    return joined


def normalised(thumbnails: UInt8[Tensor, "N D"]) -> Float[Tensor, "N D"]:
    """Zero mean and unit length, so that a product of two is their correlation."""
    values = thumbnails.float()
    values = values - values.mean(dim=1, keepdim=True)
    lengths = values.square().sum(dim=1, keepdim=True).sqrt()
    return values / lengths.clamp(min=1e-6)


def groups(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` rows the smallest row that pairs connect it with, directly or through others."""
    forest = _Forest(count)
    for first, second in pairs:
        forest.join(first, second)
    return [forest.root(row) for row in range(count)]


class _Forest:
    """Rows as trees (union-find): connected rows share a root, the smallest of them."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def root(self, row: int) -> int:
        parent = self._parent
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    def join(self, first: int, second: int) -> bool:
        """Connect two rows; whether they were apart."""
        low, high = sorted((self.root(first), self.root(second)))
        self._parent[high] = low
        return low != high


def members(groups: Sequence[int]) -> list[list[int]]:
    """The groups with at least two rows, each in order."""
    together: dict[int, list[int]] = {}
    for row, group in enumerate(groups):
        together.setdefault(group, []).append(row)
    return [rows for rows in together.values() if len(rows) > 1]
