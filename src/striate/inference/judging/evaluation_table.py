"""`evaluate --csv`: a line a picture, and beside it a line a class, for spreadsheets and scripts."""

import csv
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from striate.files.csv_cells import csv_text
from striate.files.output_place import Kind, followed, output_file, require_replaceable
from striate.files.writing import write_text
from striate.inference.judging.evaluation import Evaluation
from striate.inference.pictures.class_columns import class_column, rounded
from striate.inference.predictor import Predictor

ANSWERS = Kind("table of an evaluation", (".csv",), (b'"file",',), b',"right"')
CLASSES = Kind("table of classes", (".csv",), (b'"class","pictures",',), b',"data"')
OPTION = "--csv"


def evaluation_file(
    given: str | PathLike[str], data: Iterable[str | PathLike[str]], *, overwrite: bool = False
) -> Path:
    """Where the line of every picture goes, once it and the table of classes beside it may be written.

    Args:
        given: a .csv file, or a folder for evaluation.csv.
        data: what is read.
        overwrite: replace files that Striate did not write, too.

    Raises:
        StriateError: a file of somebody else is there, or the name is no table's.
    """
    read = list(data)
    path = output_file(given, ANSWERS, "evaluation.csv", OPTION, data=read, overwrite=overwrite)
    require_replaceable(classes_file(path), CLASSES, OPTION, data=read, overwrite=overwrite)
    return path


def classes_file(path: Path) -> Path:
    """The table of classes that goes with a table of answers: `x.csv` has `x-classes.csv`."""
    return path.with_name(f"{path.stem}-classes{path.suffix}")


def write_evaluation_tables(path: Path, evaluation: Evaluation, predictor: Predictor) -> list[Path]:
    """Write both tables whole and return their paths; a task without classes has only the first.

    Columns of the first: file, truth, answer, probability (or what else the task's answers are), the
    probability of every class where answers hold them, and whether the answer is right.
    """
    write_text(followed(path), _text(_answers(evaluation, predictor)))
    if not evaluation.per_class:
        return [path]
    beside = classes_file(path)
    write_text(followed(beside), _text(_classes(evaluation)))
    return [path, beside]


def _answers(evaluation: Evaluation, predictor: Predictor) -> list[list[Any]]:
    task, context = predictor.task, predictor.context
    names = [name for name in (evaluation.judged[0] if evaluation.judged else ()) if name != "right"]
    classes = predictor.labels if "sort" in task.can else ()
    shown = ["answer" if name == "label" else name for name in names]
    rows: list[list[Any]] = [["file", *shown, *map(class_column, classes), "right"]]
    for row, (name, judged) in enumerate(zip(evaluation.names, evaluation.judged, strict=True)):
        shares = task.shares(evaluation.answers[row], context) if classes else {}
        right = ("yes" if evaluation.right[row] else "no") if evaluation.right else ""
        rows.append([name, *(judged[key] for key in names), *(shares.get(one, "") for one in classes), right])
    return rows


def _classes(evaluation: Evaluation) -> list[list[Any]]:
    """A line a class; what was not measured is empty."""
    found = evaluation.per_class
    keys = list(dict.fromkeys(key for figures in found.values() for key in figures if key != "pictures"))
    rows: list[list[Any]] = [["class", "pictures", *keys, "data"]]
    for label, figures in found.items():
        values = ("" if figures.get(key) is None else figures[key] for key in ("pictures", *keys))
        rows.append([label, *values, evaluation.data])
    return rows


def _text(rows: Sequence[Sequence[Any]]) -> str:
    return csv_text([[rounded(cell) for cell in row] for row in rows], csv.QUOTE_NONNUMERIC)
