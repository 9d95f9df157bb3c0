"""One pass over a data set: every file is read once, and who needs its picture gets it on the way."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, UInt8
from torch import Tensor

from striate.data.dataset import BadPicture, Dataset
from striate.data.datasets.picture_files import PictureFiles
from striate.data.decoding.decode import Decoded, decode_for
from striate.data.decoding.headers import misnamed
from striate.data.fingerprint import digest, fingerprint, mask_digests
from striate.data.in_threads import in_threads
from striate.data.look_alikes.duplicates import exact_pairs, groups, near_pairs
from striate.data.look_alikes.thumbnails import SIDE, shrunk, stretched
from striate.events import Listener, Progress, silent
from striate.shapes import Picture

Keep = Callable[[int, Picture], None]
Recall = Callable[[int], "tuple[Scanned, UInt8[Tensor, '256'] | None] | None"]


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
        highest: the largest sample of 16-bit grey, None for other pictures.
    """

    digest: str | None
    problem: str | None = None
    damage: str | None = None
    misnamed: str | None = None
    size_hw: tuple[int, int] = (0, 0)
    channels: int = 0
    highest: int | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a data set found, row by row.

    Attributes:
        rows: one entry for every item.
        thumbnails: 32 x 32 lightness, flattened; zeros where there is none.
        comparable: which rows have a thumbnail.
        fingerprint: of names, labels, parts and contents.
        near: the look-alikes, where they are known; None where all are still to be compared with all.
    """

    rows: tuple[Scanned, ...]
    thumbnails: UInt8[Tensor, "N D"]
    comparable: Bool[Tensor, " N"]
    fingerprint: str
    near: tuple[tuple[int, int], ...] | None = None

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
        return self.compared().near_pairs() if self.near is None else list(self.near)

    def compared(self, on_event: Listener = silent) -> "Scan":
        """The same with all thumbnails compared with all, unless that was done."""
        if self.near is not None:
            return self
        return replace(self, near=tuple(near_pairs(self.thumbnails, self.comparable, on_event)))

    def groups(self) -> list[int]:
        """For each row the first of its duplicates and near-duplicates: what a split keeps together."""
        return groups(len(self.rows), self.exact_pairs() + self.near_pairs())


def scan(
    dataset: Dataset,
    keep: Keep | None = None,
    on_event: Listener = silent,
    *,
    threads: int | None = None,
    for_size_hw: tuple[int, int] | None = None,
    recall: Recall | None = None,
) -> Scan:
    """Read, digest and decode every item once, in several threads; pictures are let go of at once.

    Args:
        keep: receives the row and the picture of every item that has one, in no particular order and from
            several threads at a time, but each row once.
        on_event: receives `Progress` from the calling thread.
        threads: how many read and decode; None is one a core.
        for_size_hw: what pictures will be resized to; large ones may be decoded at reduced scale.
        recall: what is known of a row already, with its thumbnail; such a row is not read, nor kept.
    """
    count = len(dataset.items)
    work = _Work(
        dataset,
        keep,
        recall,
        for_size_hw,
        torch.zeros(count, SIDE * SIDE, dtype=torch.uint8),
        torch.zeros(count, dtype=torch.bool),
    )
    rows: list[Scanned] = []
    step = max(8, min(512, count // 100))
    chunks = (range(at, min(at + step, count)) for at in range(0, count, step))
    for chunk in in_threads(work.several, chunks, threads):
        rows += chunk
        on_event(Progress("reading", len(rows), count))
    digests = [scanned.digest for scanned in rows]
    name = fingerprint(dataset.items, dataset.classes, digests, mask_digests(dataset))
    return Scan(tuple(rows), work.thumbnails, work.comparable, name)


def _decode(dataset: Dataset, row: int, content: bytes, for_size_hw: tuple[int, int] | None) -> Decoded:
    if isinstance(dataset, PictureFiles):
        return decode_for(content, for_size_hw, dataset.limits)
    picture, damage = dataset.read(row)
    return Decoded(picture, damage, (picture.shape[1], picture.shape[2]))


@dataclass(frozen=True, slots=True)
class _Work:
    """What the threads of a scan share, and what they fill in: `thumbnails` and `comparable`."""

    dataset: Dataset
    keep: Keep | None
    recall: Recall | None
    for_size_hw: tuple[int, int] | None
    thumbnails: UInt8[Tensor, "N D"]
    comparable: Bool[Tensor, " N"]

    def several(self, chunk: range, stopped: threading.Event) -> list[Scanned]:
        """Some rows in order; fewer if the caller stopped."""
        small: dict[int, Tensor] = {}
        found = [self._one(row, small) for row in chunk if not stopped.is_set()]
        if small:
            # Together: a thread that does many small things waits at each for the other threads.
            rows = torch.tensor(list(small))
            self.thumbnails[rows], self.comparable[rows] = stretched(torch.stack(list(small.values())))
        return found

    def _one(self, row: int, small: dict[int, Tensor]) -> Scanned:
        """What a row is; what its thumbnail will be made of goes to `small`."""
        known = self.recall(row) if self.recall is not None else None
        if known is not None:
            scanned, thumbnail = known
            if thumbnail is not None:
                self.thumbnails[row], self.comparable[row] = thumbnail, True
            return scanned
        content = None
        try:
            content = self.dataset.content(row)
            picture, damage, size_hw, highest = _decode(self.dataset, row, content, self.for_size_hw)
        except BadPicture as error:
            return Scanned(None if content is None else digest(content), problem=str(error))
        if (lightness := shrunk(picture)) is not None:
            small[row] = lightness
        if self.keep is not None:
            self.keep(row, picture)
        wrong = None
        if isinstance(self.dataset, PictureFiles):  # an item's own name may have a number behind it
            wrong = misnamed(self.dataset.path_of(row), content)
        return Scanned(digest(content), None, damage, wrong, size_hw, picture.shape[0], highest)
