"""Pictures that are there twice: byte for byte, or nearly.

Nearly, in three steps. Signatures (the low frequencies of 32 x 32 lightness) of all pictures are multiplied
with those of all others in their eight orientations; pairs that reach `CANDIDATE` are candidates. A candidate
whose details at 32 x 32 correlate at `NEAR` is a near-duplicate; or at `NEAR_ALIGNED` after one is shifted
and enlarged onto the other. So it sees through other sizes, compression, brightness, tint and hue, negatives,
mirrors, quarter turns and crops of a few percent. docs/leaks.md says how often, and where it errs.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

from striate.data.alignment import aligned_likeness, likeness
from striate.data.thumbnails import oriented, signatures, turned_signatures
from striate.data.turned_products import most_alike
from striate.events import Listener, Progress, silent

NEAR = 0.93
NEAR_ALIGNED = 0.96  # higher, for alignment brings different pictures of one thing together too
CANDIDATE = 0.6
_MOST = 8  # candidates of a picture in one round; look-alikes by the thousand would be millions of pairs
_ALIGNED = 3  # of them, how many are shifted and enlarged
_ROUNDS = 6
_BLOCK = 2048
_LIST = 4096  # pairs whose details are compared before their rows are joined
_KEPT = 32  # candidates a row that are kept in one round, on average; the others wait for the next
_AT_ONCE = 256  # of them, how many in one go: to align a pair takes 0.1 MB

Block = tuple[int, int]  # the first rows of two runs of `_BLOCK` that are compared with each other


def exact_pairs(digests: Sequence[str | None]) -> list[tuple[int, int]]:
    """Each row with the first row of the same content."""
    first: dict[str, int] = {}
    pairs = []
    for row, value in enumerate(digests):
        if value is not None and first.setdefault(value, row) != row:
            pairs.append((first[value], row))
    return pairs


def near_pairs(
    thumbnails: UInt8[Tensor, "N D"], comparable: Bool[Tensor, " N"], on_event: Listener = silent
) -> list[tuple[int, int]]:
    """Rows that look the same.

    A pair whose rows other pairs connect already is left out: the groups are those of all pairs, but there
    are fewer pairs than rows.

    Args:
        thumbnails: as `thumbnail` gives them.
        comparable: which rows have one.
        on_event: receives `Progress` where there are enough of them to wait for.
    """
    rows = comparable.nonzero().flatten()
    if len(rows) < len(thumbnails):
        thumbnails = thumbnails[rows]
    # In parts: as floating-point numbers all thumbnails together would be four times what they are.
    found = torch.cat([signatures(part) for part in torch.split(thumbnails, _LIST)])
    forest = _Forest(len(rows))
    pairs: list[tuple[int, int]] = []
    compared = torch.zeros(0, dtype=torch.int64)
    starts = range(0, len(rows), _BLOCK)
    blocks = [(at, other) for at in starts for other in starts[at // _BLOCK :]]
    listener = on_event if len(blocks) > 1 else silent
    for _ in range(_ROUNDS):
        candidates, blocks = _candidates(found, forest, blocks, listener)
        keys = candidates[:, 0] * len(rows) + candidates[:, 1]
        fresh = candidates[~torch.isin(keys, compared)]
        compared = torch.cat([compared, keys[~torch.isin(keys, compared)]])
        joined = _join(thumbnails, found, fresh, forest)
        pairs += joined
        if not blocks or not joined:
            break
        listener = silent  # few blocks are left; a bar that starts again would mislead
    names = rows.tolist()
    return [(names[first], names[second]) for first, second in pairs]


def _candidates(
    found: Float[Tensor, "N 64"], forest: "_Forest", blocks: list[Block], on_event: Listener
) -> tuple[Int64[Tensor, "M 2"], list[Block]]:
    """Pairs in different groups, most alike first, at most `_MOST` for a row and a column of a block.

    Also the blocks that have more: only these can have new ones in the next round.
    """
    roots = torch.tensor([forest.root(row) for row in range(len(found))])
    values, places = torch.zeros(0), torch.zeros(0, 2, dtype=torch.int64)
    unfinished: list[Block] = []
    for done, (at, other) in enumerate(blocks, start=1):
        alike = most_alike(found[at : at + _BLOCK], found[other : other + _BLOCK])
        where = _places(alike >= CANDIDATE)
        first, second = (where + torch.tensor([at, other])).unbind(1)
        where = where[(roots[first] != roots[second]) & (first < second)]
        if len(where) > _MOST * max(alike.shape):
            unfinished.append((at, other))
            where = _most(alike, where)
        values = torch.cat([values, alike[where[:, 0], where[:, 1]]])
        places = torch.cat([places, where + torch.tensor([at, other])])
        if len(values) > 2 * _KEPT * len(found):  # thousands of look-alikes: memory must not grow with pairs
            values, best = values.topk(_KEPT * len(found))
            places, unfinished = places[best], list(blocks[:done])
        on_event(Progress("comparing", len(found) * done // len(blocks), len(found)))
    return places[values.argsort(descending=True, stable=True)], unfinished


def _places(close: Bool[Tensor, "P Q"]) -> Int64[Tensor, "M 2"]:
    """Where it is true, in order; NumPy looks through a matrix of few such places five times as quickly."""
    found = torch.from_numpy(np.flatnonzero(close.numpy()))
    return torch.stack([found // close.shape[1], found % close.shape[1]], dim=1)


def _most(alike: Float[Tensor, "P Q"], where: Int64[Tensor, "M 2"]) -> Int64[Tensor, "L 2"]:
    """Of the places those that are among the `_MOST` most alike of their row or column."""
    close = torch.zeros_like(alike, dtype=torch.bool)
    close[where[:, 0], where[:, 1]] = True
    alike = alike * close
    return _places(close & (_largest(alike, dim=0) | _largest(alike, dim=1)))


def _largest(values: Float[Tensor, "P Q"], dim: int) -> Bool[Tensor, "P Q"]:
    """Which entries are among the `_MOST` largest of their row or column."""
    best = values.topk(min(_MOST, values.shape[dim]), dim=dim).indices
    return torch.zeros_like(values, dtype=torch.bool).scatter_(dim, best, True)


def _join(
    thumbnails: UInt8[Tensor, "N D"],
    found: Float[Tensor, "N 64"],
    candidates: Int64[Tensor, "M 2"],
    forest: "_Forest",
) -> list[tuple[int, int]]:
    """Those candidates that are near-duplicates and connect what was apart."""
    joined: list[tuple[int, int]] = []
    for method, least, most in (
        (likeness, NEAR, len(candidates)),
        (aligned_likeness, NEAR_ALIGNED, _ALIGNED),
    ):
        tried: dict[int, int] = {}
        for part in _parts(candidates, forest, tried, most):
            values = []
            for pairs in torch.split(torch.tensor(part), _AT_ONCE):
                ways = _ways(found[pairs[:, 0]], found[pairs[:, 1]])
                first = oriented(thumbnails[pairs[:, 0]], torch.zeros_like(ways))
                values.append(method(first, oriented(thumbnails[pairs[:, 1]], ways)))
            alike = torch.cat(values)
            near = [pair for pair, value in zip(part, alike.tolist(), strict=True) if value >= least]
            joined += [pair for pair in near if forest.join(*pair)]
    return joined


def _parts(
    candidates: Int64[Tensor, "M 2"], forest: "_Forest", tried: dict[int, int], most: int
) -> Iterator[list[tuple[int, int]]]:
    """The candidates that are still apart, in lists of `_LIST`; a row in at most `most` of them."""
    part: list[tuple[int, int]] = []
    for first, second in (pair for some in torch.split(candidates, _LIST) for pair in some.tolist()):
        if forest.root(first) == forest.root(second):
            continue
        if min(tried.get(first, 0), tried.get(second, 0)) >= most:
            continue
        tried[first], tried[second] = tried.get(first, 0) + 1, tried.get(second, 0) + 1
        part.append((first, second))
        if len(part) == _LIST:
            yield part
            part = []
    if part:
        yield part


def _ways(first: Float[Tensor, "N 64"], second: Float[Tensor, "N 64"]) -> Int64[Tensor, " N"]:
    """In which orientation the second of each pair is most alike."""
    return (turned_signatures(second) * first).sum(dim=2).abs().argmax(dim=0)


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
