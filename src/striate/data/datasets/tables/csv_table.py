"""A CSV with the columns `image` and `label`, and `split` if its author made parts; one line a picture.

    image,label,split
    cats/1.jpg,cat,train

Paths are relative to the file. One that leaves its folder (by `..` or a link) is not followed; an absolute
one is, and is counted in the notes. The table is read line by line; no picture is looked at before it is
asked for.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from striate.data.dataset import Part
from striate.data.datasets.labelled import (
    LARGEST_SET,
    Left,
    Row,
    class_notes,
    label_text,
    numbered,
    part_named,
    split_words,
    too_many,
)
from striate.data.datasets.picture_files import PictureFiles, content_below, located
from striate.data.paths.files import reach_of, readable
from striate.data.wording import listed, one_line
from striate.errors import StriateError
from striate.files.csv_cells import unguarded
from striate.files.list_mark import HEADERS

SUFFIXES = (".csv", ".tsv")
MAX_BYTES = 500_000_000
LONGEST_LINE = 1_000_000
DELIMITERS = ",;\t|"
# The first of these that a table has is the column; the other columns are not read.
IMAGE_COLUMNS = ("image", "file", "filename", "file_name", "path", "filepath", "file_path", "image_path")
LABEL_COLUMNS = ("label", "class", "labels", "category", "class_name", "target")
SPLIT_COLUMNS = ("split", "part", "subset")


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns stand, the names of those that are not read, and whether Striate wrote the table."""

    image: int
    label: int
    split: int | None
    width: int
    extra: tuple[str, ...]
    guarded: bool


class TableDataset(PictureFiles):
    """A data set of picture files that a table names. A missing file is a bad picture, by its name."""

    def __init__(
        self,
        path: Path,
        kind: str,
        rows: Sequence[Row],
        left: Left,
        declared: Sequence[str] = (),
        *,
        follow_links: bool = False,
    ) -> None:
        super().__init__(())
        self.path = path
        self._folder, self._reach = path.parent, reach_of(path.parent, follow_links=follow_links)
        distinct = _distinct(rows, left)
        self._images = tuple(image for image, _ in distinct)
        self.classes, self.items = numbered([row for _, row in distinct])
        self.layout = f"{kind}, {split_words(row.part for row in rows)}"
        self.ignored = 0
        absolute = sum(os.path.isabs(name) for name in self._images)  # noqa: PTH117 - they may be millions
        left.absolute += absolute
        self.notes = (*left.lines(), *class_notes(self.classes, self.items, declared))

    def path_of(self, row: int) -> str:
        """The path of item `row`'s file, which may be missing."""
        return os.path.abspath(located(self._folder, self._images[row]))  # noqa: PTH100

    def content(self, row: int) -> bytes:
        """The bytes of item `row`'s file. Raises BadPicture."""
        return content_below(self._folder, self._images[row], self.limits.bytes, self._reach)

    def _problem(self, row: int) -> None:
        """Nothing is known of a file before it is read."""


def open_csv(path: Path, *, follow_links: bool = False) -> TableDataset:
    """The pictures that a CSV names, with commas, semicolons, tabs or bars between its values.

    Raises:
        StriateError: it cannot be read, is too large, or a line is wrong, which is named by its number.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StriateError(
                f"{path} has {path.stat().st_size:,} bytes; at most {MAX_BYTES:,} are read of a table. "
                "Is it a list of pictures? Divide it into several."
            )
        with path.open(newline="", encoding=encoding_of(path), errors="surrogateescape") as file:
            rows, left = _read(path, file)
    except OSError as error:
        raise StriateError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise StriateError(f"{path} is not UTF-8 text. Save it as CSV with UTF-8.") from error
    if not rows:
        raise StriateError(f"{path} names no picture with a label. Each line holds an image and its label.")
    kind = f"CSV table ({one_line(path.name)})"
    return TableDataset(path, kind, rows, left, follow_links=follow_links)


def _read(path: Path, file: TextIO) -> tuple[list[Row], Left]:
    first = file.readline(100_000)
    delimiter = max(DELIMITERS, key=first.count)
    file.seek(0)
    spaced = f"{delimiter} " in first  # "image, label": what is in quotes may begin after a space
    reader = csv.reader(_lines(file), delimiter=delimiter, strict=True, skipinitialspace=spaced)
    try:
        header = _header(path, next(reader, []), guarded=first in HEADERS.values())
        left, rows = Left(), []
        if header.extra:
            left.notes.append(f"columns that are not read: {listed(list(header.extra))}")
        for values in reader:
            row = _row(values, header)
            if row is not None:
                rows.append(row)
            elif values:
                left.unlabelled += 1
            if len(rows) > LARGEST_SET:
                raise too_many(path)
        return rows, left
    except (csv.Error, ValueError) as error:
        reason = "it is no text" if "\0" in first else one_line(str(error))
        raise StriateError(f"{path}, line {reader.line_num}: {reason}.") from error


def _header(path: Path, values: list[str], *, guarded: bool) -> Header:
    names = [value.strip().lower() for value in values]

    def column(known: Sequence[str]) -> int | None:
        return next((names.index(name) for name in known if name in names), None)

    image, label, split = column(IMAGE_COLUMNS), column(LABEL_COLUMNS), column(SPLIT_COLUMNS)
    if image is None or label is None:
        found = ", ".join(one_line(readable(value))[:40] for value in values[:6]) or "nothing"
        raise StriateError(
            f"{path}, line 1: expected the columns image and label (and split), found {found}. "
            "The first line names the columns."
        )
    extra = [readable(value) for at, value in enumerate(values) if at not in (image, label, split)]
    return Header(image, label, split, len(values), tuple(extra), guarded)


def _row(values: list[str], header: Header) -> Row | None:
    """A line as a row; None if it is blank or has no label."""
    if len(values) > header.width:
        raise ValueError(
            f"{len(values)} values where the first line has {header.width}; put a name with the separator "
            "in it in quotes"
        )
    if len(values) <= max(header.image, header.label):
        return None
    label = label_text(unguarded(values[header.label]) if header.guarded else values[header.label])
    image = values[header.image]
    if not label or not image.strip():
        return None
    part: Part | None = None
    if header.split is not None and len(values) > header.split:
        part = part_named(values[header.split])
    return Row(image, label, part)


def _distinct(rows: Sequence[Row], left: Left) -> list[tuple[str, Row]]:
    """Each path as it is written, and its row with a name that no other has; equal rows count once."""
    seen: set[Row] = set()
    times: Counter[str] = Counter()
    written = {readable(row.name).strip() for row in rows}
    result = []
    for row in rows:
        if row in seen:
            left.repeated += 1
            continue
        seen.add(row)
        name = single = readable(row.name).strip()  # spaces around a separator; `located` finds the file
        times[name] += 1
        # The same picture under another label or in another part: `check` shows both.
        while times[name] > 1 and (single := f"{name}#{times[name]}") in written:
            times[name] += 1
        result.append((row.name, replace(row, name=single)))
    return result


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise ValueError(f"a line has more than {LONGEST_LINE:,} characters")
        yield line


def encoding_of(path: Path) -> str:
    """UTF-16 where the file begins as such a text does, else UTF-8."""
    with path.open("rb") as file:
        start = file.read(2)
    return "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
