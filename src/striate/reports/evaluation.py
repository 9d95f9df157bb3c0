"""The page of `striate evaluate --out`: what is wrong on other pictures, and what moved since training.

The task's own section shows figures, mistakes and confusion, as it does in the run's report.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from striate.files.writing import write_text
from striate.metrics.moved import Moved
from striate.reports import words
from striate.reports.contents import Contents, read_contents
from striate.reports.moved import moved_rows, tests_named
from striate.reports.page import render
from striate.reports.run import others, said
from striate.reports.sections.catalog import find_section
from striate.reports.sections.section import COMMON
from striate.runs.answers import SavedAnswer
from striate.runs.folder import RunFolder

LISTED = 200  # wrong answers that the page names; the table of `--csv` has all of them
LAYOUT = "evaluation.html.j2"
NEW = "new"  # the part of a data set without parts, in a sentence: "of 40 new pictures"


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """A wrong answer with its pictures.

    Attributes:
        row: file, truth and answer, as predictions.csv names them.
        png: the picture as the page shows it.
        heat: a JPEG of what spoke for the answer; None where that says nothing.
    """

    row: Mapping[str, str | float]
    png: bytes
    heat: bytes | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What the page shows of one evaluation.

    Attributes:
        data: where the pictures lie.
        split: test, validation, or all of a data set without parts.
        figures: as evaluation.json has them.
        worst: the worst wrong answers.
        wrong: file, truth and answer of every wrong one, worst first.
        answers: a classifier's, for its curve of sure answers.
        moved: what changed against the run's own part.
        own: what that part is: `26 test pictures`.
        seen_in_training: how many of the pictures the network knows.
    """

    data: str
    split: str
    figures: Mapping[str, Any]
    worst: Sequence[WrongAnswer]
    wrong: Sequence[Mapping[str, str | float]]
    answers: Sequence[SavedAnswer] = ()
    moved: Sequence[Moved] = ()
    own: str = ""
    seen_in_training: int = 0


def write_evaluation_page(path: Path, folder: RunFolder, measured: Measured) -> None:
    """Write the page whole.

    Args:
        path: where; its folder exists.
        folder: the run that answered.
        measured: its evaluation.
    """
    write_text(path, evaluation_html(folder, measured))


def evaluation_html(folder: RunFolder, measured: Measured) -> str:
    """The page as a text."""
    run = read_contents(folder)
    split = NEW if measured.split == "all" else measured.split
    files = {**run.files, "evaluation.json": {**measured.figures, "data": measured.data, "split": split}}
    contents = replace(run, files=files, given=list(measured.answers))
    section = find_section(contents.task)
    values = {
        "layout": LAYOUT,
        "head": _head(contents, measured),
        "figures": {"others": others(contents.metrics, section.metrics, split)},
        "mistakes": _mistakes(contents, measured),
        "wrong": _wrong(measured),
        "moved": {
            "rows": moved_rows(measured.moved),
            "tests": tests_named(measured.moved),
            "own": measured.own,
        },
        **section.values(contents),
    }
    return render(LAYOUT if section is COMMON else section.template, values)


def _head(contents: Contents, measured: Measured) -> dict[str, Any]:
    return {
        "model": words.brief(str(contents.resolved.get("model") or contents.name)),
        "run": contents.name,
        "data": Path(measured.data).name or measured.data,
        "place": measured.data,
        "pictures": contents.evaluated,
        "split": contents.split,
        "evaluated": True,
        "measured": True,
        "seen": measured.seen_in_training,
        "wrong": len(measured.wrong),
    }


def _mistakes(contents: Contents, measured: Measured) -> dict[str, Any]:
    shown = [
        {
            "file": str(one.row["file"]),
            "uri": _uri(one.png, "png"),
            "heat": None if one.heat is None else _uri(one.heat, "jpeg"),
            "said": said(dict(one.row)),
        }
        for one in measured.worst
    ]
    heat = any(one["heat"] for one in shown)
    return {"known": True, "shown": shown, "pictures": contents.evaluated, "heat": heat}


def _wrong(measured: Measured) -> dict[str, Any]:
    """Every wrong answer in a table: all columns that one of them fills."""
    listed = measured.wrong[:LISTED]
    filled = [name for name in (listed[0] if listed else ()) if any(row[name] != "" for row in listed)]
    names = ["file", *(name for name in filled if name != "file")]
    return {
        "columns": ["answer" if name == "label" else name.replace("_", " ") for name in names[1:]],
        "rows": [(str(row["file"]), [_cell(name, row[name]) for name in names[1:]]) for row in listed],
        "left": len(measured.wrong) - len(listed),
        "all": len(measured.wrong),
    }


def _cell(name: str, value: str | float) -> str:
    if isinstance(value, str):
        return value
    return words.probability(value) if name in ("probability", "presence") else words.short(value)


def _uri(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
