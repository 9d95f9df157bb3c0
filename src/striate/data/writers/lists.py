"""Writes a list of pictures, `image,label,split`, that every action reads as a data set."""

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from striate.data.dataset import PARTS, Dataset, Part, class_of
from striate.data.datasets.picture_files import PictureFiles
from striate.data.splits import Split
from striate.errors import StriateError
from striate.writing import write_bytes


def write_list(path: Path, dataset: Dataset, rows: Iterable[int], split: Split | None = None) -> int:
    """Write some items of a data set of picture files as a CSV, whole; nothing is copied.

    A picture below the list's folder is named by its relative path, any other by its absolute one, so that
    the list says openly what it reads from elsewhere.

    Args:
        path: the CSV; one that is there is replaced.
        rows: which items, in this order; one without a label is left out.
        split: the part of every item, in place of the data set's own. An item in no part is left out.

    Returns:
        How many items were written.

    Raises:
        StriateError: the pictures are inside other files and have no paths.
        WorkFailed: the file cannot be written.
    """
    if not isinstance(dataset, PictureFiles):
        raise StriateError(
            f"{dataset.path} holds its pictures inside other files ({dataset.layout}), so no list can name "
            f"them. Make files of them first: striate convert {dataset.path} --out pictures/"
        )
    folder = os.path.realpath(path.parent)
    parts = _parts(dataset, split)
    with_parts = any(part is not None for part in parts.values())
    lines = [["image", "label", "split"] if with_parts else ["image", "label"]]
    for row in rows:
        label = class_of(dataset, row)
        if label is not None and (split is None or row in parts):
            name = _name(dataset.path_of(row), folder)
            lines.append([name, label, parts.get(row) or "train"] if with_parts else [name, label])
    text = io.StringIO()
    # Where a line ends with \n alone, Python's writer does not quote a \r by itself.
    everything = any("\r" in value for line in lines for value in line)
    quoting: Literal[0, 1] = csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows(lines)
    # A name that is no UTF-8 keeps its bytes, so that the file is found again.
    write_bytes(path, text.getvalue().encode("utf-8", "surrogateescape"))
    return len(lines) - 1


def _parts(dataset: Dataset, split: Split | None) -> Mapping[int, Part | None]:
    if split is None:
        return {row: item.part for row, item in enumerate(dataset.items)}
    return {row: part for part in PARTS for row in getattr(split, part)}


def _name(file: str, folder: str) -> str:
    """A path relative to the list's folder where the file is below it, else absolute."""
    real = os.path.realpath(file)
    below = os.path.splitdrive(real)[0] == os.path.splitdrive(folder)[0] and (
        os.path.commonpath([real, folder]) == folder
    )
    return Path(os.path.relpath(real, folder)).as_posix() if below else real
