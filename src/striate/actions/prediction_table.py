"""`predict --csv`: the answers as a table for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from striate.actions.predict import Prediction
from striate.errors import StriateError
from striate.writing import whole_file

COLUMNS = ("file", "label", "probability", "unsure", "damaged", "error")


class PredictionTable:
    """Writes a line a file. Texts stand in quotes, so that a name with a line break is one field."""

    def __init__(self, file: io.TextIOBase) -> None:
        self._table = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        self._table.writerow(COLUMNS)

    def add(self, prediction: Prediction) -> None:
        """One line; `unsure` is yes, no, or empty if it was not asked."""
        answer = prediction.answer
        unsure = {None: "", True: "yes", False: "no"}[prediction.unsure]
        named = ("", "") if answer is None else (answer.label, round(answer.probability, 6))
        self._table.writerow(
            (prediction.file, *named, unsure, prediction.damaged or "", prediction.error or "")
        )


@contextmanager
def prediction_table(path: Path) -> Iterator[PredictionTable]:
    """A table at `path`, which is whole when the context ends and untouched if an error ends it.

    Raises:
        StriateError: at `path` is something that is no CSV file.
        WorkFailed: it cannot be written.
    """
    if path.exists() and not (path.is_file() and path.suffix.lower() == ".csv"):
        raise StriateError(f"{path} is there and is no .csv file, so it is not overwritten; choose another.")
    with whole_file(path) as raw:
        file = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="")
        yield PredictionTable(file)
        file.flush()
        file.detach()
