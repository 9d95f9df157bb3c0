"""A CSV read line by line, within limits; what is wrong is told with the number of its line."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from striate.data.datasets.tables.csv_table import DELIMITERS, LONGEST_LINE, MAX_BYTES, encoding_of
from striate.data.wording import one_line
from striate.errors import StriateError

T = TypeVar("T")


def read_lines(path: Path, parse: Callable[["csv._reader"], T]) -> T:
    """What `parse` makes of the lines of a CSV, the line of names first.

    Args:
        path: of the file, with commas, semicolons, tabs or bars between its values.
        parse: takes the lines as lists of cells; a ValueError says what is wrong with the last one.

    Raises:
        StriateError: it cannot be read, is too large, or a line is wrong.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StriateError(f"{path} has over {MAX_BYTES:,} bytes, the most that are read of a table.")
        with path.open(newline="", encoding=encoding_of(path), errors="surrogateescape") as file:
            first = file.readline(100_000)
            file.seek(0)
            lines = iter(lambda: file.readline(LONGEST_LINE), "")
            table = csv.reader(lines, delimiter=max(DELIMITERS, key=first.count), strict=True)
            try:
                return parse(table)
            except (csv.Error, ValueError) as error:
                raise StriateError(f"{path}, line {table.line_num}: {one_line(str(error))}.") from error
    except OSError as error:
        raise StriateError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise StriateError(f"{path} is not UTF-8 text. Save it as CSV with UTF-8.") from error


def cell(values: Sequence[str], at: int | None) -> str:
    """A cell without the spaces around it; empty where there is none."""
    return values[at].strip() if at is not None and at < len(values) else ""
