"""Writes a list of pictures, `image,label,split`, that every action reads as a data set."""

import csv
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from striate.data.dataset import PARTS, Dataset, Part, class_of
from striate.data.datasets.labelled import label_text
from striate.data.datasets.picture_files import PictureFiles
from striate.data.splits import Split
from striate.data.wording import one_line
from striate.errors import StriateError
from striate.files.csv_cells import csv_text
from striate.files.list_mark import HEADERS
from striate.files.output_place import Kind
from striate.files.writing import write_bytes

LIST = Kind("list", (".csv",), tuple(header.encode() for header in HEADERS.values()))


def write_list(path: Path, dataset: Dataset, rows: Iterable[int], split: Split | None = None) -> int:
    """Write some items of a data set of picture files as a CSV, whole; nothing is copied.

    Args:
        path: the CSV; one that is there is replaced.
        rows: which items, in this order; one without a label is left out.
        split: the part of every item, in place of the data set's own. An item in no part is left out.

    Returns:
        How many items were written.

    Raises:
        StriateError: the pictures are inside other files and have no paths, or a label cannot be read back.
        WorkFailed: the file cannot be written.
    """
    parts = _parts(dataset, split)
    chosen = [row for row in rows if class_of(dataset, row) is not None and (split is None or row in parts)]
    text = list_text(dataset, {row: parts.get(row) for row in chosen}, path.parent)
    # A name that is no UTF-8 keeps its bytes, so that the file is found again.
    write_bytes(path, text.encode("utf-8", "surrogateescape"))
    return len(chosen)


def list_text(dataset: Dataset, parts: Mapping[int, Part | None], folder: Path) -> str:
    """The CSV of the rows in `parts`, in their order, as it will stand in `folder`.

    A picture below that folder is named by its relative path, any other by its absolute one, so that the list
    says openly what it reads from elsewhere. Bytes that are no UTF-8 are lone surrogates.

    Raises:
        StriateError: the pictures are inside other files, or a label cannot be read back.
    """
    files, labels = require_files(dataset), _labels(dataset)
    place = os.path.realpath(folder)
    with_parts = any(part is not None for part in parts.values())
    lines = []
    for row, part in parts.items():
        label = dataset.items[row].truth.label
        if label is not None:
            name = _name(files.path_of(row), place)
            lines.append([name, labels[label], part or "train"] if with_parts else [name, labels[label]])
    # Where a line ends with \n alone, Python's writer does not quote a \r by itself.
    everything = any("\r" in value for line in lines for value in line)
    return HEADERS[with_parts] + csv_text(lines, csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL)


def require_files(dataset: Dataset) -> PictureFiles:
    """The data set, if its pictures are files that a list can name.

    Raises:
        StriateError: they are not.
    """
    if not isinstance(dataset, PictureFiles):
        raise StriateError(
            f"{dataset.path} holds its pictures inside other files ({dataset.layout}), so no list can name "
            f"them. Make files of them first: striate convert {dataset.path} --out pictures/"
        )
    return dataset


def _labels(dataset: Dataset) -> list[str]:
    """The classes as the reader will know them: without odd spaces, and still all different."""
    read = [label_text(label) or "" for label in dataset.classes]
    for at, label in enumerate(read):
        if not label or label in read[:at]:
            raise StriateError(
                f"the class '{one_line(dataset.classes[at])}' would be read from a list as '{label}', which "
                f"{'is another class' if label else 'is none'}: rename its folder."
            )
    return read


def _parts(dataset: Dataset, split: Split | None) -> Mapping[int, Part | None]:
    if split is None:
        return {row: item.part for row, item in enumerate(dataset.items)}
    return {row: part for part in PARTS for row in getattr(split, part)}


def _name(file: str, folder: str) -> str:
    """A path relative to the list's folder where the file is below it, else absolute; never a formula.

    A link to a file keeps its own name: what it leads to may have none that says what it is.
    """
    real = os.path.realpath(file)
    named = os.path.join(_real_folder(os.path.dirname(file)), os.path.basename(file))  # noqa: PTH118, PTH119, PTH120
    if not (_below(real, folder) and _below(named, folder)):
        return named
    name = Path(os.path.relpath(named, folder)).as_posix()
    return f"./{name}" if name[0] in "=+-@'\t\r\n " else name


def _below(path: str, folder: str) -> bool:
    same_drive = os.path.splitdrive(path)[0] == os.path.splitdrive(folder)[0]
    return same_drive and os.path.commonpath([path, folder]) == folder


@lru_cache(maxsize=1024)
def _real_folder(folder: str) -> str:
    return os.path.realpath(folder)
