"""The single answers of a run, picture by picture: `predictions.csv` (measured) and `validation.csv`."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from striate.errors import StriateError
from striate.files.csv_cells import csv_text, unguarded
from striate.files.writing import write_text
from striate.runs.bounded import read_parsed
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord

R = TypeVar("R")
COLUMNS = ("file", "label", "predicted", "probability")


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """One picture: its name in the data set, its class, the answer and its calibrated probability."""

    file: str
    label: str
    predicted: str
    probability: float

    @property
    def right(self) -> bool:
        """Whether the answer is the picture's class."""
        return self.label == self.predicted


def write_rows(folder: RunFolder, name: str, rows: Sequence[Mapping[str, str | float]]) -> None:
    """Write a CSV file of the run whole; texts stand in quotes, so that any name is one field.

    Args:
        folder: the run.
        name: of the file.
        rows: with the same columns each; numbers get six decimals. Without any, the columns are a
            classifier's.
    """
    columns = tuple(rows[0]) if rows else COLUMNS
    values = [[round(one, 6) if isinstance(one, float) else one for one in row.values()] for row in rows]
    write_text(folder / name, csv_text([columns, *values], csv.QUOTE_NONNUMERIC))


def read_answers(folder: RunFolder, name: str) -> list[SavedAnswer]:
    """What `write_rows` wrote of a classifier.

    Raises:
        StriateError: the file is missing or damaged.
    """
    return _read(folder, name, _answers)


def measured(
    folder: RunFolder, parse: Callable[[Mapping[str, str]], R]
) -> dict[tuple[str, int], tuple[str, R]]:
    """File and line of every picture of `predictions.csv` by content: (digest, 0), then (digest, 1)...

    Args:
        folder: a finished run.
        parse: makes something of the other columns; a KeyError or ValueError of it is a damaged file.

    Raises:
        StriateError: the file is missing or damaged.
    """
    dataset = RunRecord(folder).dataset
    digest_of = dataset.of_part(dataset.measured_part)
    seen: Counter[str] = Counter()
    found = {}
    for file, line in _read(folder, "predictions.csv", lambda text: _lines(text, parse)):
        digest = digest_of.get(file)
        if digest is not None:
            found[(digest, seen[digest])] = (file, line)
            seen[digest] += 1
    return found


def judged_lines(folder: RunFolder, name: str, parse: Callable[[Mapping[str, str]], R]) -> list[R]:
    """What `parse` makes of every line of a file that `write_rows` wrote; see `measured` for its errors."""
    return [line for _, line in _read(folder, name, lambda text: _lines(text, parse))]


def saved_answer(row: Mapping[str, str]) -> SavedAnswer:
    """A classifier's line. Raises KeyError or ValueError where it is none."""
    probability = float(row["probability"])
    if not 0 <= probability <= 1:
        raise ValueError(f"the probability is {row['probability'][:20]}; it lies between 0 and 1")
    return SavedAnswer(row["file"], row["label"], row["predicted"], probability)


def _read(folder: RunFolder, name: str, parse: Callable[[str], list[R]]) -> list[R]:
    path = folder / name
    try:
        read: list[R] = read_parsed(path, parse)
    except FileNotFoundError as error:
        raise StriateError(
            f"{path} is missing; `striate train --resume {folder.path}` completes an unfinished run, and "
            "runs of older versions have to be trained again."
        ) from error
    return read


def _answers(text: str) -> list[SavedAnswer]:
    return [answer for _, answer in _lines(text, saved_answer, COLUMNS)]


def _lines(
    text: str, parse: Callable[[Mapping[str, str]], R], columns: tuple[str, ...] | None = None
) -> list[tuple[str, R]]:
    """File and what `parse` makes of its line, in order. Raises ValueError with the row's number."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[tuple[str, R]] = []
    try:
        names = tuple(next(rows, ()))
        if "file" not in names or names != (columns or names):
            raise ValueError(f"its columns are not {', '.join(columns or ('file', '...'))}")
        for number, row in enumerate(rows, 1):
            if len(row) != len(names):
                raise ValueError(f"row {number} has {len(row)} fields instead of {len(names)}")
            values = dict(zip(names, map(unguarded, row), strict=True))
            found.append((values["file"], _parsed(number, values, parse)))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return found


def _parsed(number: int, values: Mapping[str, str], parse: Callable[[Mapping[str, str]], R]) -> R:
    try:
        return parse(values)
    except KeyError as error:
        raise ValueError(f"it has no column {error.args[0]}") from error
    except ValueError as error:
        raise ValueError(f"row {number}: {error}") from error
