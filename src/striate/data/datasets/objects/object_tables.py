"""CSV tables of boxes and of landmarks.

    image,x1,y1,x2,y2,label[,split]           one box a row; empty cells are a picture without objects
    image,x1,y1,...,xn,yn[,label][,split]     one picture a row; empty cells are a point that is not visible

Coordinates are pixels with corners at whole numbers. x1, y1, x2, y2 with a label are a box; without one, two
landmarks.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from striate.data.datasets.labelled import LARGEST_SET, label_text, part_named, too_many
from striate.data.datasets.objects.object_data import Annotated, Box, KeyPoint, Marked, ObjectFiles
from striate.data.datasets.tables.csv_table import (
    IMAGE_COLUMNS,
    LABEL_COLUMNS,
    SPLIT_COLUMNS,
)
from striate.data.datasets.tables.lines import cell, read_lines
from striate.data.paths.files import readable
from striate.data.wording import one_line
from striate.errors import StriateError

MOST_POINTS = 1000


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of a table stand; `points` has x and y of each."""

    image: int
    label: int | None
    split: int | None
    points: tuple[tuple[int, int], ...]

    @property
    def boxes(self) -> bool:
        """Whether the coordinates are corners of boxes."""
        return len(self.points) == 2 and self.label is not None


def columns_of(names: Sequence[str]) -> Columns | None:
    """The columns of a table of boxes or landmarks; None if it is no such table."""
    names = [name.strip().lower() for name in names]

    def column(known: Sequence[str]) -> int | None:
        return next((names.index(name) for name in known if name in names), None)

    image, points = column(IMAGE_COLUMNS), []
    corners = [("xmin", "ymin"), ("xmax", "ymax")]
    pairs = corners if "xmin" in names else [(f"x{at}", f"y{at}") for at in range(1, MOST_POINTS + 1)]
    for x, y in pairs:
        if x not in names or y not in names:
            break
        points.append((names.index(x), names.index(y)))
    if image is None or not points:
        return None
    return Columns(image, column(LABEL_COLUMNS), column(SPLIT_COLUMNS), tuple(points))


def open_object_table(path: Path, *, follow_links: bool = False) -> ObjectFiles:
    """The pictures with boxes or landmarks that a CSV names.

    Raises:
        StriateError: it cannot be read, or a line is wrong, which is named by its number.
    """

    def parse(table: "csv._reader") -> tuple[Columns, list[Annotated]]:
        columns = columns_of(next(table, []))
        if columns is None:
            raise ValueError("expected the columns image, x1, y1, x2, y2, label (and split)")
        return columns, _pictures(path, table, columns)

    columns, pictures = read_lines(path, parse)
    if not pictures:
        raise StriateError(f"{path} names no picture.")
    kind = "CSV of boxes" if columns.boxes else f"CSV of {len(columns.points)} landmarks"
    return ObjectFiles(
        path, f"{kind} ({one_line(path.name)})", pictures, path.parent, follow_links=follow_links
    )


def _pictures(path: Path, table: "csv._reader", columns: Columns) -> list[Annotated]:
    objects: dict[str, list[Marked]] = {}
    found: dict[str, Annotated] = {}
    for count, values in enumerate(table):
        if count > LARGEST_SET:
            raise too_many(path)
        if not any(value.strip() for value in values):
            continue
        image = cell(values, columns.image)
        if not image:
            raise ValueError("there is no image")
        name = readable(image)
        part, label = part_named(cell(values, columns.split)), label_text(cell(values, columns.label))
        if name in found and found[name].part != part:
            raise ValueError(f"'{name}' is in the {found[name].part or 'train'} part too")
        numbers = _numbers(values, columns)
        if not columns.boxes:
            if name in found:
                raise ValueError(f"'{name}' has a line already; landmarks have one line a picture")
            found[name] = Annotated(name, (), part, points=_landmarks(numbers), label=label)
            continue
        objects.setdefault(name, [])
        found[name] = Annotated(name, (), part)
        if any(value is not None for pair in numbers for value in pair):
            objects[name].append(_box(numbers, label, f"{path.name}, line {table.line_num}"))
        elif label:
            raise ValueError(
                f"a label '{label}' without a box; leave both empty for a picture without objects"
            )
    return [
        Annotated(one.image, tuple(objects.get(one.image, ())), one.part, points=one.points, label=one.label)
        for one in found.values()
    ]


def _numbers(values: Sequence[str], columns: Columns) -> list[tuple[float | None, float | None]]:
    def number(at: int) -> float | None:
        text = cell(values, at)
        if not text:
            return None
        try:
            return float(text)
        except ValueError as error:
            raise ValueError(f"'{text[:40]}' is not a number") from error

    return [(number(x), number(y)) for x, y in columns.points]


def _box(numbers: Sequence[tuple[float | None, float | None]], label: str | None, where: str) -> Marked:
    values = [value for pair in numbers for value in pair]
    if any(value is None for value in values):
        raise ValueError("a box needs x1, y1, x2 and y2")
    if not label:
        raise ValueError("a box needs a label")
    x1, y1, x2, y2 = (float(value or 0) for value in values)
    box: Box = (x1, y1, x2, y2)
    return Marked(box, label, where)


def _landmarks(numbers: Sequence[tuple[float | None, float | None]]) -> tuple[KeyPoint, ...]:
    points: list[KeyPoint] = []
    for x, y in numbers:
        if (x is None) != (y is None):
            raise ValueError("a point needs x and y, or neither where it is not visible")
        if x is None or y is None:
            points.append((0.0, 0.0, 0))
        elif not (math.isfinite(x) and math.isfinite(y)):
            raise ValueError("a point is not made of numbers; leave both cells empty where it is not visible")
        else:
            points.append((x, y, 2))
    return tuple(points)
