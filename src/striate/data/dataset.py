"""What every reader in `data/datasets` returns: items with their truths, and a way to read one picture.

A reader lists files and truths; it opens no picture until `read` is called. Names are stable: a path relative
to the data set with forward slashes, or `train#17` for the 18th picture of an IDX part. They identify a
picture in the run folder, in split files and in reports.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from striate.data.sample import Truth
from striate.errors import StriateError
from striate.shapes import Picture

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
# What people call them, as folders and in split files.
PART_NAMES: Mapping[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}


class BadPicture(StriateError):
    """A picture that cannot be read. `str(error)` is the reason, without the file's name."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a data set: its name, its truth and the part its author put it in (None where unsplit)."""

    name: str
    truth: Truth
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A file and what is wrong with it."""

    file: str
    reason: str


@runtime_checkable
class Dataset(Protocol):
    """Items, classes and a reader of pictures.

    Attributes:
        path: the folder or file as the user gave it.
        layout: what was recognised, for people: "class folders, unsplit", "IDX (MNIST)".
        classes: label names; `Truth.label` is an index into them.
        items: all entries, in a stable order.
        ignored: how many files were neither pictures nor annotations (hidden and system files included).
        notes: what else people should know: empty class folders, links that were not followed.
    """

    path: Path
    layout: str
    classes: tuple[str, ...]
    items: tuple[Item, ...]
    ignored: int
    notes: tuple[str, ...]

    def content(self, row: int) -> bytes:
        """The bytes that identify item `row`: the file's, or the raw pixels. Raises BadPicture."""
        ...

    def read(self, row: int) -> tuple[Picture, str | None]:
        """The decoded picture of item `row`, right side up, and what is wrong with it if it is damaged.

        Raises:
            BadPicture: no picture can be had.
        """
        ...


def class_of(dataset: Dataset, row: int) -> str | None:
    """The name of an item's class, None where it has no label."""
    label = dataset.items[row].truth.label
    return None if label is None else dataset.classes[label]
