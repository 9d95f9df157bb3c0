"""Pictures that a person wants explained, with their true classes where the data says them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.actions.evaluate import measured_part
from striate.data.dataset import BadPicture, Dataset, class_of
from striate.data.datasets.named import NAMED_SETS
from striate.data.datasets.picture_files import set_limits
from striate.data.datasets.recognise import open_dataset
from striate.data.decoding import Limits, as_picture, decode_for
from striate.data.files import Found, read_file
from striate.data.picture_paths import picture_paths
from striate.errors import StriateError
from striate.events import Listener, Note, Warned
from striate.shapes import Picture

TABLES = (".csv", ".tsv", ".parquet")


@dataclass(frozen=True, slots=True)
class Subject:
    """One picture to explain.

    Attributes:
        name: as it was given, or its place in the data set; `picture 1` for one that has no name.
        source: what `as_picture` reads, or (data set, row).
        truth: the name of its class, None where nobody says.
    """

    name: str
    source: Any
    truth: str | None = None

    def read(self, limits: Limits) -> Picture:
        """The whole picture, right side up. Raises BadPicture or StriateError."""
        if isinstance(self.source, Found):
            if self.source.problem is not None:
                raise BadPicture(self.source.problem)
            return decode_for(read_file(self.source.path, limits.bytes), None, limits).picture
        if isinstance(self.source, tuple):
            dataset, row = self.source
            picture: Picture = dataset.read(row)[0]
            return picture
        return as_picture(self.source, None, limits)


def subjects(images: Any, limits: Limits, on_event: Listener) -> list[Subject]:
    """All pictures that `images` stands for; of a data set its test part if it has one, else everything.

    Raises:
        StriateError: a folder or pattern holds no picture.
    """
    if isinstance(images, list | tuple):
        return _numbered([one for given in images for one in subjects(given, limits, on_event)])
    if not isinstance(images, str | os.PathLike):
        return [Subject("picture 1", images)]
    dataset = _dataset(Path(images), limits, on_event)
    if dataset is None:
        return [Subject(found.name, found) for found in _files(images, on_event)]
    split, rows = measured_part(dataset)
    part = "its test part" if split == "test" else "all of it"
    on_event(Note(f"{images}: {dataset.layout}; {part}, {len(rows):,} pictures"))
    return [Subject(dataset.items[row].name, (dataset, row), class_of(dataset, row)) for row in rows]


def _files(images: str | os.PathLike[str], on_event: Listener) -> Iterator[Found]:
    return picture_paths(images, lambda text: on_event(Warned(text)))


def _dataset(path: Path, limits: Limits, on_event: Listener) -> Dataset | None:
    """The data set at `path`; None where there are only pictures without classes."""
    if path.is_dir():
        try:
            return set_limits(open_dataset(path, on_event), limits)
        except StriateError:
            return None
    if path.suffix.lower() in TABLES or (str(path).lower() in NAMED_SETS and not path.exists()):
        return set_limits(open_dataset(path, on_event), limits)
    return None


def _numbered(found: list[Subject]) -> list[Subject]:
    """Pictures in memory are called by their place."""
    return [
        Subject(f"picture {number}", one.source, one.truth) if one.name == "picture 1" else one
        for number, one in enumerate(found, start=1)
    ]
