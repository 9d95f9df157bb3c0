"""The single answers of a run, picture by picture: `predictions.csv` (measured) and `validation.csv`."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from striate.errors import StriateError
from striate.files.csv_cells import csv_text, unguarded
from striate.runs.files import write_text
from striate.runs.folder import RunFolder

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


def write_answers(folder: RunFolder, name: str, answers: Iterable[SavedAnswer]) -> None:
    """Write a CSV file of the run whole; texts stand in quotes, so that any name is one field."""
    rows = [(one.file, one.label, one.predicted, round(one.probability, 6)) for one in answers]
    write_text(folder / name, csv_text([COLUMNS, *rows], csv.QUOTE_NONNUMERIC))


def read_answers(folder: RunFolder, name: str) -> list[SavedAnswer]:
    """What `write_answers` wrote.

    Raises:
        StriateError: the file is missing or damaged.
    """
    path = folder / name
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            return [_answer(row) for row in rows]
    except OSError as error:
        raise StriateError(
            f"{path} cannot be read ({error.strerror}); `striate train --resume {folder.path}` completes an "
            "unfinished run, and runs of older versions have to be trained again."
        ) from error
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        raise StriateError(f"{path} is damaged ({error}); train the run again.") from error


def measured_answers(folder: RunFolder) -> dict[tuple[str, int], SavedAnswer]:
    """The answers of `predictions.csv` by content: (digest, 0), and (digest, 1)... for copies."""
    record = folder.read_json("dataset.json")
    try:
        part = "test" if record["split"]["test"] or record["test_data"] else "validation"
        names, digests = record["split"][part], record["digests"][part]
        if record["test_data"]:
            names, digests = record["test_data"]["names"], record["test_data"]["digests"]
        digest_of: dict[str, Any] = dict(zip(names, digests, strict=True))
    except (KeyError, TypeError, ValueError) as error:
        raise StriateError(
            f"{folder / 'dataset.json'} is damaged ({error!r}); train the run again."
        ) from error
    seen: Counter[str] = Counter()
    found = {}
    for answer in read_answers(folder, "predictions.csv"):
        digest = digest_of.get(answer.file)
        if digest is not None:
            found[(str(digest), seen[digest])] = answer
            seen[digest] += 1
    return found


def _answer(row: dict[str, str]) -> SavedAnswer:
    file, label, predicted = (unguarded(row[name]) for name in ("file", "label", "predicted"))
    return SavedAnswer(file, label, predicted, float(row["probability"]))
