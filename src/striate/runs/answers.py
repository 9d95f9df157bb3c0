"""The single answers of a run, picture by picture: `predictions.csv` (measured) and `validation.csv`."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from striate.errors import StriateError
from striate.files.csv_cells import csv_text, unguarded
from striate.files.writing import write_text
from striate.runs.bounded import read_parsed
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord

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
    path = folder / name
    try:
        read: list[SavedAnswer] = read_parsed(path, _parsed)
    except FileNotFoundError as error:
        raise StriateError(
            f"{path} is missing; `striate train --resume {folder.path}` completes an unfinished run, and "
            "runs of older versions have to be trained again."
        ) from error
    return read


def measured_answers(folder: RunFolder) -> dict[tuple[str, int], SavedAnswer]:
    """The answers of `predictions.csv` by content: (digest, 0), and (digest, 1)... for copies."""
    dataset = RunRecord(folder).dataset
    digest_of = dataset.of_part(dataset.measured_part)
    seen: Counter[str] = Counter()
    found = {}
    for answer in read_answers(folder, "predictions.csv"):
        digest = digest_of.get(answer.file)
        if digest is not None:
            found[(digest, seen[digest])] = answer
            seen[digest] += 1
    return found


def _parsed(text: str) -> list[SavedAnswer]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if tuple(next(rows, ())) != COLUMNS:
            raise ValueError(f"its columns are not {', '.join(COLUMNS)}")
        return [_answer(number, row) for number, row in enumerate(rows, 1)]
    except csv.Error as error:
        raise ValueError(str(error)) from error


def _answer(number: int, row: list[str]) -> SavedAnswer:
    if len(row) != len(COLUMNS):
        raise ValueError(f"row {number} has {len(row)} fields instead of {len(COLUMNS)}")
    probability = float(row[3])
    if not 0 <= probability <= 1:
        raise ValueError(f"row {number} has the probability {row[3][:20]}; it lies between 0 and 1")
    return SavedAnswer(unguarded(row[0]), unguarded(row[1]), unguarded(row[2]), probability)
