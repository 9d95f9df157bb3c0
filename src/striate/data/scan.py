"""One pass over a data set: every file is read once, and who needs its picture gets it on the way."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from jaxtyping import Bool, UInt8
from torch import Tensor

from striate.data.dataset import BadPicture, Dataset
from striate.data.datasets.picture_files import PictureFiles
from striate.data.decoding import decode
from striate.data.duplicates import exact_pairs, groups, near_pairs
from striate.data.fingerprint import digest, fingerprint
from striate.data.headers import misnamed
from striate.data.thumbnails import SIDE, thumbnail
from striate.events import Listener, Progress, silent
from striate.shapes import Picture

Keep = Callable[[int, Picture], None]


@dataclass(frozen=True, slots=True)
class Scanned:
    """What one item turned out to be.

    Attributes:
        digest: of its content, None if that could not be read.
        problem: why there is no picture, None if there is one.
        damage: what is wrong with the picture all the same.
        misnamed: how its name misleads about its content.
        size_hw: of the picture, upright; (0, 0) without one.
        channels: 1 or 3; 0 without a picture.
    """

    digest: str | None
    problem: str | None = None
    damage: str | None = None
    misnamed: str | None = None
    size_hw: tuple[int, int] = (0, 0)
    channels: int = 0


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a data set found, row by row.

    Attributes:
        rows: one entry for every item.
        thumbnails: 32 x 32 lightness, flattened; zeros where there is none.
        comparable: which rows have a thumbnail.
        fingerprint: of names, labels, parts and contents.
    """

    rows: tuple[Scanned, ...]
    thumbnails: UInt8[Tensor, "N D"]
    comparable: Bool[Tensor, " N"]
    fingerprint: str

    @property
    def usable(self) -> list[int]:
        """The rows that have a picture."""
        return [row for row, scanned in enumerate(self.rows) if scanned.problem is None]

    @property
    def digests(self) -> list[str | None]:
        """The digest of every row."""
        return [scanned.digest for scanned in self.rows]

    def exact_pairs(self) -> list[tuple[int, int]]:
        """Rows with the same content; only those that have a picture."""
        return exact_pairs([s.digest if s.problem is None else None for s in self.rows])

    def near_pairs(self) -> list[tuple[int, int]]:
        """Rows that look the same at thumbnail size, whether or not their content is the same.

        As many as connect all look-alikes, not every pair of them.
        """
        return near_pairs(self.thumbnails, self.comparable)

    def groups(self) -> list[int]:
        """For each row the first of its duplicates and near-duplicates: what a split keeps together."""
        return groups(len(self.rows), self.exact_pairs() + self.near_pairs())


def scan(
    dataset: Dataset, keep: Keep | None = None, on_event: Listener = silent, *, threads: int | None = None
) -> Scan:
    """Read, digest and decode every item once, in several threads; pictures are let go of at once.

    Args:
        keep: receives the row and the picture of every item that has one, in no particular order and from
            several threads at a time, but each row once.
        on_event: receives `Progress` from the calling thread.
        threads: how many read and decode; None is one a core.
    """
    count = len(dataset.items)
    thumbnails = torch.zeros(count, SIDE * SIDE, dtype=torch.uint8)
    comparable = torch.zeros(count, dtype=torch.bool)

    def one(row: int) -> Scanned:
        content = None
        try:
            content = dataset.content(row)
            picture, damage = _decode(dataset, row, content)
        except BadPicture as error:
            return Scanned(None if content is None else digest(content), problem=str(error))
        small = thumbnail(picture)
        if small is not None:
            thumbnails[row] = small
            comparable[row] = True
        if keep is not None:
            keep(row, picture)
        height, width = picture.shape[1:]
        wrong = misnamed(dataset.items[row].name, content) if isinstance(dataset, PictureFiles) else None
        return Scanned(digest(content), None, damage, wrong, (height, width), picture.shape[0])

    rows: list[Scanned] = []
    for chunk in _in_threads(lambda some: [one(row) for row in some], count, threads):
        rows += chunk
        on_event(Progress("reading", len(rows), count))
    name = fingerprint(dataset.items, dataset.classes, [scanned.digest for scanned in rows])
    return Scan(tuple(rows), thumbnails, comparable, name)


def _decode(dataset: Dataset, row: int, content: bytes) -> tuple[Picture, str | None]:
    return decode(content) if isinstance(dataset, PictureFiles) else dataset.read(row)


def _in_threads(
    work: Callable[[range], list[Scanned]], count: int, workers: int | None
) -> Iterator[list[Scanned]]:
    """`work` on all rows in chunks, results in order. Threads share the files, so each computes alone."""
    step = max(8, min(512, count // 100))
    chunks = [range(at, min(at + step, count)) for at in range(0, count, step)]
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(
        workers or os.cpu_count() or 1, initializer=torch.set_num_threads, initargs=(1,)
    )
    try:
        yield from pool.map(work, chunks)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # a thread's own setting becomes that of threads started later
