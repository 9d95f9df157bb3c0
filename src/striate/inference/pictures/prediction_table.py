"""`predict --csv`: the answers as a table for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from striate.data.wording import composed
from striate.files.csv_cells import GuardedWriter
from striate.files.output_place import Kind, followed, output_file
from striate.files.writing import whole_file
from striate.inference.pictures.class_columns import class_column, rounded
from striate.inference.pictures.streaming import STDIN, Prediction, Predictions

TABLE = Kind("table", (".csv",), (b'"file",',), b',"damaged","error"')  # how its first line begins and ends


class PredictionTable:
    """Writes a line a file. Texts stand in quotes, so that a name with a line break is one field.

    Answers with classes have more columns: the truth, if the picture lies in a folder that is called as a
    class; whether the answer is unsure; the probability of every class; and where the picture was copied to.
    """

    def __init__(self, file: io.TextIOBase, predictions: Predictions) -> None:
        self._table = GuardedWriter(file, csv.QUOTE_NONNUMERIC)
        self._predictions = predictions
        self._columns = predictions.columns
        self._classes = predictions.labels if "sort" in predictions.task.can else ()
        self._class_named = {composed(label): label for label in self._classes}
        before = ("truth",) if self._classes else ()
        after = ("unsure", *map(class_column, self._classes), "copied_to") if self._classes else ()
        self._table.row(("file", *before, *self._columns, *after, "damaged", "error"))

    def add(self, prediction: Prediction, copied: Path | None = None) -> None:
        """One line; `unsure` is yes, no, or empty if it was not asked. `copied` is the picture's copy."""
        answer = prediction.answer
        said = dict.fromkeys(self._columns, "") if answer is None else answer.row()
        cells: list[str | float] = [prediction.file]
        if self._classes:
            cells.append(self._truth(prediction))
        cells += [rounded(said[name]) for name in self._columns]
        if self._classes:
            shares = {} if answer is None else self._predictions.shares(answer)
            cells.append({None: "", True: "yes", False: "no"}[prediction.unsure])
            cells += [rounded(shares.get(label, "")) for label in self._classes]
            cells.append("" if copied is None else str(copied))
        self._table.row((*cells, prediction.damaged or "", prediction.error or ""))

    def _truth(self, prediction: Prediction) -> str:
        """The class that the picture's folder is called as; empty where it is called otherwise."""
        if prediction.path in ("", STDIN):
            return ""
        folder = Path(prediction.path).absolute().parent.name
        return self._class_named.get(composed(folder), "")


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
