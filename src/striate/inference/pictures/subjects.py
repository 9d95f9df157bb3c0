"""Pictures that a person wants explained, with their true classes where the data says them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.data.dataset import BadPicture, Dataset
from striate.data.datasets.folder import FolderDataset, is_picture
from striate.data.datasets.named import NAMED_SETS
from striate.data.datasets.picture_files import read_for, set_limits
from striate.data.datasets.recognise import open_dataset
from striate.data.decoding.decode import Decoded, Limits, decode_for, decoded_image
from striate.data.paths.files import Found, reach_of, read_file, readable, walk
from striate.data.paths.picture_paths import picture_paths
from striate.data.wording import counted
from striate.errors import StriateError
from striate.events import Listener, Note, Warned
from striate.inference.judging.judge import measured_part
from striate.tasks.task import Task

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

    def read(self, limits: Limits, size_hw: tuple[int, int] | None = None) -> Decoded:
        """The picture, right side up, as it is decoded for an input of that size; None is the whole picture.

        Raises:
            BadPicture: no picture can be had; a StriateError where that is an image in memory.
        """
        if isinstance(self.source, Found):
            if self.source.problem is not None:
                raise BadPicture(self.source.problem)
            return decode_for(read_file(self.source.path, limits.bytes), size_hw, limits)
        if isinstance(self.source, tuple):
            dataset, row = self.source
            return read_for(dataset, row, size_hw)
        return decoded_image(self.source, size_hw, limits)


def subjects(
    images: Any,
    limits: Limits,
    on_event: Listener,
    *,
    task: Task[Any],
    follow_links: bool = False,
) -> list[Subject]:
    """All pictures that `images` stands for; of a data set its test part if it has one, else everything.

    Of several words, one that stands for no picture is a picture that cannot be read.

    Args:
        images: pictures, files, folders, patterns, a data set, or a list of these.
        limits: larger files and pictures are unreadable.
        on_event: is told what was found.
        task: what a data set has to teach, and what counts as a picture's class.
        follow_links: links to folders, and to files outside, are followed.

    Raises:
        StriateError: a folder or pattern holds no picture.
    """
    if isinstance(images, list | tuple):
        alone = len(images) == 1
        found = [_one_of_several(given, limits, on_event, alone, task, follow_links) for given in images]
        return _numbered([one for several in found for one in several])
    if not isinstance(images, str | os.PathLike):
        return [Subject("picture 1", images)]
    dataset = _dataset(Path(images), limits, on_event, task.truths, follow_links=follow_links)
    if dataset is None:
        files = picture_paths(images, lambda text: on_event(Warned(text)), follow_links=follow_links)
        return [Subject(found.name, found) for found in files]
    split, rows = measured_part(dataset)
    part = "its test part" if split == "test" else "all of it"
    on_event(Note(f"{images}: {dataset.layout}; {part}, {counted(len(rows), 'picture')}"))
    known = [Subject(dataset.items[row].name, (dataset, row), task.class_name(dataset, row)) for row in rows]
    beside = _beside(dataset, follow_links=follow_links) if split == "all" else []
    if beside:
        on_event(
            Note(f"and {counted(len(beside), 'picture')} beside the class folders, without a true class")
        )
    for note in dataset.notes:
        if not (beside and note.startswith("pictures beside")):
            on_event(Note(note))
    return known + beside


def _one_of_several(
    given: Any,
    limits: Limits,
    on_event: Listener,
    alone: bool,
    task: Task[Any],
    follow_links: bool,
) -> list[Subject]:
    try:
        return subjects(given, limits, on_event, task=task, follow_links=follow_links)
    except StriateError as error:
        if alone or not isinstance(given, str | os.PathLike):
            raise
        shown = readable(os.fspath(given))
        return [Subject(shown, Found(shown, "", str(error).removeprefix(f"{shown} ")))]


def _beside(dataset: Dataset, *, follow_links: bool) -> list[Subject]:
    """The pictures in a folder of class folders that are in none of them."""
    if not isinstance(dataset, FolderDataset):
        return []
    known = {dataset.path_of(row) for row in range(len(dataset.items))}
    root = os.path.realpath(dataset.path)
    reach = reach_of(root, follow_links=follow_links)
    files = (file for listing, _ in walk(root, reach) for file in listing.files)
    return [Subject(file.name, file) for file in files if file.path not in known and is_picture(file)]


def _dataset(
    path: Path, limits: Limits, on_event: Listener, truths: Sequence[str], *, follow_links: bool
) -> Dataset | None:
    """The data set at `path`; None where there are only pictures without classes."""
    if path.is_dir():
        try:
            return set_limits(open_dataset(path, on_event, truths=truths, follow_links=follow_links), limits)
        except StriateError:
            return None
    if path.suffix.lower() in TABLES or (str(path).lower() in NAMED_SETS and not path.exists()):
        opened = open_dataset(path, on_event, classes=1, truths=truths, follow_links=follow_links)
        return set_limits(opened, limits)
    return None


def _numbered(found: list[Subject]) -> list[Subject]:
    """Pictures in memory are called by their place."""
    return [
        Subject(f"picture {number}", one.source, one.truth) if one.name == "picture 1" else one
        for number, one in enumerate(found, start=1)
    ]
