"""`predict --csv`: the answers as a table for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from striate.files.csv_cells import GuardedWriter
from striate.files.output_place import Kind, followed, output_file
from striate.files.writing import whole_file
from striate.inference.pictures.streaming import Prediction, Predictions

TABLE = Kind("table", (".csv",), (b'"file",',), b',"damaged","error"')  # how its first line begins and ends


class PredictionTable:
    """Writes a line a file. Texts stand in quotes, so that a name with a line break is one field."""

    def __init__(self, file: io.TextIOBase, predictions: Predictions) -> None:
        self._table = GuardedWriter(file, csv.QUOTE_NONNUMERIC)
        self._columns = predictions.columns
        self._sorts = "sort" in predictions.task.can
        unsure = ("unsure",) if self._sorts else ()
        self._table.row(("file", *self._columns, *unsure, "damaged", "error"))

    def add(self, prediction: Prediction) -> None:
        """One line; `unsure` is yes, no, or empty if it was not asked."""
        answer = prediction.answer
        unsure = {None: "", True: "yes", False: "no"}[prediction.unsure]
        said = dict.fromkeys(self._columns, "") if answer is None else answer.row()
        values = [
            one if isinstance(one, str) else round(one, 6) for one in (said[name] for name in self._columns)
        ]
        if self._sorts:
            values.append(unsure)
        self._table.row((prediction.file, *values, prediction.damaged or "", prediction.error or ""))


def table_file(
    given: str | PathLike[str], images: Sequence[str | PathLike[str]], *, overwrite: bool = False
) -> Path:
    """Where the table goes, once it may; see `output_file`.

    Args:
        given: a .csv file, or a folder for answers.csv.
        images: what is read.
        overwrite: replace a file that Striate did not write, too.
    """
    return output_file(given, TABLE, "answers.csv", "--csv", data=images, overwrite=overwrite)


@contextmanager
def prediction_table(path: Path, predictions: Predictions) -> Iterator[PredictionTable]:
    """A table at `path`, which is whole when the context ends and untouched if an error ends it.

    Raises:
        WorkFailed: it cannot be written.
    """
    with whole_file(followed(path)) as raw:
        file = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="")
        yield PredictionTable(file, predictions)
        file.flush()
        file.detach()
