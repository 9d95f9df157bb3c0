"""Pictures that are there twice: byte for byte, or nearly.

Nearly, in two steps. Signatures (the low frequencies of 32 x 32 lightness) of all pictures are multiplied
with those of all others in their eight orientations; a pair that reaches `CANDIDATE` in one is a candidate in
it. A candidate whose details at 32 x 32 correlate at `NEAR` is a near-duplicate. Then each picture's
`_ALIGNED` best candidates of other groups are shifted and enlarged onto it, and `NEAR_ALIGNED` decides. So it
sees through other sizes, compression, brightness, tint and hue, negatives, mirrors, quarter turns and crops
of a few percent. docs/leaks.md says how often, and where it errs.

Neither the order of the pictures nor the number of threads has a part in what is found.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64, UInt8
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from striate.data.in_threads import in_threads
from striate.data.look_alikes.alignment import aligned_likeness, details
from striate.data.look_alikes.candidates import DENSE, Groups, Meetings, best_candidates, candidates, progress
from striate.data.look_alikes.thumbnails import SYMMETRIES, as_squares, signatures, turned
from striate.events import Listener, Progress, silent

NEAR = 0.93
NEAR_ALIGNED = 0.96  # higher, for alignment brings different pictures of one thing together too
_ALIGNED = 3  # candidates of a picture that are shifted and enlarged
_BLOCK = 1024  # rows that are multiplied with as many others at a time
_LIST = 2048  # candidates whose details are compared before their rows are joined
_AT_ONCE = 256  # candidates that are aligned in one go: a pair takes 0.1 MB


def exact_pairs(digests: Sequence[str | None]) -> list[tuple[int, int]]:
    """Each row with the first row of the same content."""
    first: dict[str, int] = {}
    pairs = []
    for row, value in enumerate(digests):
        if value is not None and first.setdefault(value, row) != row:
            pairs.append((first[value], row))
    return pairs


class _Compared(NamedTuple):
    """What the steps work on: the pictures that can be compared."""

    thumbnails: UInt8[Tensor, "L D"]
    rows: Int64[Tensor, " N"]  # where they are among the thumbnails
    signatures: Float[Tensor, "N 64"]

    def squares(self, rows: slice | Int64[np.ndarray, " M"]) -> Float[Tensor, "M 32 32"]:
        return as_squares(self.thumbnails[self.rows[rows]])

    def blocks(self, start: int = 0) -> list[slice]:
        count = len(self.rows)
        return [slice(at, min(at + _BLOCK, count)) for at in range(start, count, _BLOCK)]


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
    # In parts: as floating-point numbers all thumbnails together would be four times what they are.
    found = torch.cat([signatures(thumbnails[part]) for part in torch.split(rows, _BLOCK)])
    compared, forest = _Compared(thumbnails, rows, found), _Forest(len(rows))
    listener = on_event if len(rows) > _BLOCK else silent
    meetings: list[Meetings] = []
    pairs = [pair for pair in _near(compared, forest, meetings, listener) if forest.join(*pair)]
    aligned = _near_aligned(compared, forest.groups(), meetings, listener)
    pairs += [pair for pair in aligned if forest.join(*pair)]
    names = rows.tolist()
    return [(names[first], names[second]) for first, second in pairs]


def _near(
    compared: _Compared, forest: "_Forest", meetings: list[Meetings], on_event: Listener
) -> Iterator[tuple[int, int]]:
    """Candidates with the same details, as many as connect all of them.

    Args:
        compared: all pictures.
        forest: holds the pairs that were given before.
        meetings: receives the blocks that have candidates.
        on_event: receives `Progress`.
    """
    blocks = compared.blocks()
    pieces = ((block, forest.groups()) for block in blocks)  # taken one by one, while `forest` grows
    work = partial(_near_of_block, compared)
    for done, (near, others) in enumerate(in_threads(work, pieces), start=1):
        yield from near
        meetings.append((blocks[done - 1], others))
        on_event(progress("comparing", done, len(blocks), len(compared.rows)))


def _near_of_block(
    compared: _Compared, piece: tuple[slice, Groups], stopped: threading.Event
) -> tuple[list[tuple[int, int]], list[slice]]:
    """The near-duplicates that begin in one block, and the blocks that it has candidates with."""
    block, groups = piece
    joined: list[tuple[int, int]] = []
    others: list[slice] = []
    own = None
    for other in compared.blocks(block.start):
        if stopped.is_set():
            break
        theirs = None
        for way, first, second, _ in candidates(compared.signatures, block, other, groups):
            if not len(first):
                continue
            own = details(compared.squares(block)).flatten(1) if own is None else own
            theirs = details(compared.squares(other)) if theirs is None else theirs
            pairs, starts = np.stack([first, second]), (block.start, other.start)
            near, groups = _same_details(own, turned(theirs, way).flatten(1), pairs, starts, groups)
            joined += near
        if theirs is not None:
            others.append(other)
    return joined, others


def _same_details(
    own: Float[Tensor, "P D"],
    theirs: Float[Tensor, "Q D"],
    pairs: Int64[np.ndarray, "2 M"],
    starts: tuple[int, int],
    groups: Groups,
) -> tuple[list[tuple[int, int]], Groups]:
    """Which pairs, apart as yet, have the same details, and the groups that they make."""
    joined: list[tuple[int, int]] = []
    products = (own @ theirs.T).numpy() if pairs.shape[1] > DENSE else None
    while pairs.size:
        part, pairs = pairs[:, :_LIST], pairs[:, _LIST:]
        first, second = part[0] - starts[0], part[1] - starts[1]
        if products is not None:
            values = products[first, second]
        else:
            values = torch.einsum("md,md->m", own[first], theirs[second]).numpy()
        near = part[:, np.abs(values) >= NEAR]
        if near.size:
            joined += [(int(one), int(two)) for one, two in near.T]
            groups = _merged(groups, near)
            pairs = pairs[:, groups[pairs[0]] != groups[pairs[1]]]
    return joined, groups


def _merged(groups: Groups, pairs: Int64[np.ndarray, "2 M"]) -> Groups:
    """The groups after pairs were joined."""
    edges = (np.ones(pairs.shape[1], dtype=bool), (groups[pairs[0]], groups[pairs[1]]))
    joined = connected_components(coo_array(edges, shape=(len(groups), len(groups))), directed=False)[1]
    merged: Groups = joined[groups].astype(np.int64)
    return merged


def _near_aligned(
    compared: _Compared, groups: Groups, meetings: list[Meetings], on_event: Listener
) -> Iterator[tuple[int, int]]:
    """The best candidates of every row in other groups, those of them that look the same once aligned."""
    pairs = best_candidates(compared.signatures, meetings, groups, _ALIGNED, on_event)
    pieces = []
    for way in range(SYMMETRIES):
        own = pairs[pairs[:, 2] == way, :2]
        pieces += [(way, own[at : at + _AT_ONCE]) for at in range(0, len(own), _AT_ONCE)]

    def near(piece: tuple[int, Int64[np.ndarray, "M 2"]], stopped: threading.Event) -> list[tuple[int, int]]:
        way, some = piece
        if stopped.is_set():
            return []
        second = turned(compared.squares(some[:, 1]), way)
        alike = aligned_likeness(compared.squares(some[:, 0]), second).numpy()
        return [(int(one), int(two)) for one, two in some[alike >= NEAR_ALIGNED]]

    done = 0
    for piece, found in zip(pieces, in_threads(near, pieces), strict=True):
        yield from found
        done += len(piece[1])
        on_event(Progress("aligning", done, len(pairs), unit="pairs"))


def groups(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` rows the smallest row that pairs connect it with, directly or through others."""
    forest = _Forest(count)
    for first, second in pairs:
        forest.join(first, second)
    return [int(root) for root in forest.groups()]


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

    def groups(self) -> Groups:
        """The root of every row."""
        found = np.array(self._parent, dtype=np.int64)
        while (found != found[found]).any():
            found = found[found]
        return found

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
