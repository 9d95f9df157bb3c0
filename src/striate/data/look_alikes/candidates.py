"""Which pictures may look alike: products of signatures, in each of the eight orientations of the square."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor

from striate.data.in_threads import in_threads
from striate.data.look_alikes.thumbnails import turned_signatures
from striate.data.look_alikes.turned_products import most_alike
from striate.events import Listener, Progress

CANDIDATE = 0.6
DENSE = 30_000  # pairs of two blocks from which it is quicker to multiply all of them

Rows = Int64[np.ndarray, " M"]
Groups = Int64[np.ndarray, " N"]

Meetings = tuple[slice, list[slice]]  # a block, and itself and later ones that it has candidates with

Entries = Shaped[np.ndarray, " M"]  # of type _ENTRY
BestEntries = Shaped[np.ndarray, " L"]

# A candidate of `owner`, which is `first` or `second`.
_ENTRY = np.dtype([("owner", "i4"), ("value", "f4"), ("first", "i4"), ("second", "i4"), ("way", "i1")])


class Candidates(NamedTuple):
    """Pairs of rows in one orientation; there may be none.

    Attributes:
        way: how the second of each is to be turned, as `turned` takes it.
        first: rows of the one block.
        second: rows of the other block.
        values: the products, from `CANDIDATE` to 1; that of a picture and a negative counts as positive.
    """

    way: int
    first: Rows
    second: Rows
    values: Float[np.ndarray, " M"]


def candidates(
    found: Float[Tensor, "N 64"], block: slice, other: slice, groups: Groups
) -> Iterator[Candidates]:
    """The pairs of two blocks of rows whose product is high enough, orientation by orientation.

    Args:
        found: the signatures of all rows.
        block: the first rows of the pairs.
        other: the second ones; of the same block twice, each pair comes once.
        groups: pairs of one group are left out.
    """
    alike = most_alike(found[block], found[other])
    # Looking through a flat array of few such places is five times as quick as torch's or NumPy's nonzero.
    places = np.flatnonzero(alike.numpy() >= CANDIDATE)
    one, two = places // alike.shape[1], places % alike.shape[1]
    first, second = one + block.start, two + other.start
    apart = (groups[first] != groups[second]) & (first < second)
    one, two, first, second = one[apart], two[apart], first[apart], second[apart]
    for way, turned in enumerate(turned_signatures(found[other]) if len(first) else ()):
        if len(first) > DENSE:
            values = (found[block] @ turned.T).numpy()[one, two]
        else:
            values = torch.einsum("md,md->m", found[first], turned[two]).numpy()
        near = np.abs(values) >= CANDIDATE
        yield Candidates(way, first[near], second[near], np.abs(values[near]))


def best_candidates(
    found: Float[Tensor, "N 64"], meetings: list[Meetings], groups: Groups, most: int, on_event: Listener
) -> Int64[np.ndarray, "M 3"]:
    """For every row its best candidates in other groups: each pair once, as first row, second row and way.

    Args:
        found: the signatures of all rows.
        meetings: the blocks that may have candidates with each other.
        groups: pairs of one group are left out.
        most: candidates a row, each in its best orientation.
        on_event: receives `Progress`.
    """
    best = np.zeros(0, dtype=_ENTRY)
    least = np.full(len(found), CANDIDATE, dtype=np.float32)
    # A block is taken with what is known by then to be too little: most candidates need not be kept.
    pieces = ((blocks, least.copy()) for blocks in meetings)
    work = partial(_best_of_block, found, groups, most)
    for done, better in enumerate(in_threads(work, pieces), start=1):
        best, ranks = _best(np.concatenate([best, better]), most)
        full = best[ranks == most - 1]
        least[full["owner"]] = full["value"]
        on_event(progress("looking for crops", done, len(meetings), len(found)))
    pairs = np.stack([best[name].astype(np.int64) for name in ("first", "second", "way")], axis=1)
    return np.unique(pairs, axis=0)


def progress(what: str, done: int, blocks: int, count: int) -> Progress:
    """How many of `count` rows' work the first blocks are, each compared with itself and all later ones."""
    left = blocks - done
    return Progress(what, count - count * left * (left + 1) // (blocks * (blocks + 1)), count)


def _best_of_block(
    found: Float[Tensor, "N 64"],
    groups: Groups,
    most: int,
    piece: tuple[Meetings, Float[np.ndarray, " N"]],
    stopped: threading.Event,
) -> Entries:
    """The best candidates of all rows in the pairs that begin in one block."""
    (block, others), least = piece
    kept = [np.zeros(0, dtype=_ENTRY)]
    for other in others:
        if stopped.is_set():
            break
        entries = _in_best_way(list(candidates(found, block, other, groups)))
        both = np.concatenate([entries, entries])
        both["owner"][len(entries) :] = entries["second"]
        kept.append(_best(both[both["value"] >= least[both["owner"]]], most)[0])
    return _best(np.concatenate(kept), most)[0]


def _in_best_way(found: list[Candidates]) -> Entries:
    """The pairs, each in the orientation in which it is most alike, as entries of their first rows."""
    entries = np.zeros(sum(len(one.first) for one in found), dtype=_ENTRY)
    if not len(entries):
        return entries
    entries["first"] = entries["owner"] = np.concatenate([one.first for one in found])
    entries["second"] = np.concatenate([one.second for one in found])
    entries["value"] = np.concatenate([one.values for one in found])
    entries["way"] = np.repeat([one.way for one in found], [len(one.first) for one in found])
    entries = entries[np.lexsort((entries["way"], -entries["value"], entries["second"], entries["first"]))]
    pairs = entries[["first", "second"]]
    first: Entries = entries[np.concatenate([pairs[:1] == pairs[:1], pairs[1:] != pairs[:-1]])]
    return first


def _best(entries: Entries, most: int) -> tuple[BestEntries, Int64[np.ndarray, " L"]]:
    """The `most` largest of each owner, in order, and their ranks from 0; of equals the earlier rows."""
    names = ("second", "first", "value", "owner")
    keys = [-entries[name] if name == "value" else entries[name] for name in names]
    entries = entries[np.lexsort(keys)]
    owners, places = entries["owner"], np.arange(len(entries))
    begins = np.concatenate([owners[:1] == owners[:1], owners[1:] != owners[:-1]])
    ranks = places - np.maximum.accumulate(np.where(begins, places, 0))
    return entries[ranks < most], ranks[ranks < most]
