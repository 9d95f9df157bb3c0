"""The page of `striate compare RUN --evaluations`: month against month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from striate.drawing.svg.charts import interval_bar
from striate.files.writing import write_text
from striate.metrics.moved import Moved
from striate.reports import words
from striate.reports.moved import MEANING, moved_sentence, tests_named
from striate.reports.page import render


@dataclass(frozen=True, slots=True)
class Cell:
    """One measured value of one evaluation, in words, and how it moved where that was compared."""

    text: str
    change: Moved | None

    @property
    def beyond(self) -> bool:
        """Whether it moved by more than chance."""
        return self.change is not None and self.change.beyond_chance


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """One evaluation.

    Attributes:
        date: in ISO form.
        data: the pictures, as they were given.
        pictures: how many.
        right: the share of right answers with its 95 % interval; None where the task cannot say.
        cells: every measured thing by its name; all rows have the same names.
        since: the data of the evaluation with which the looks of the pictures are compared, or empty.
    """

    date: str
    data: str
    pictures: int
    right: tuple[float, tuple[float, float]] | None
    cells: Mapping[str, Cell]
    since: str


def changes_of(rows: Sequence[EvaluationRow], row: EvaluationRow) -> list[tuple[Moved, str]]:
    """What was compared in a row, each with the words for what it was compared with."""
    first = rows[0]
    found = []
    for name, cell in row.cells.items():
        if cell.change is not None:
            known = bool(first.cells[name].text)  # the first row does not know how its pictures looked
            found.append((cell.change, f"in {first.data if known else row.since}"))
    return found


def write_evaluations_page(path: Path, run: str, rows: Sequence[EvaluationRow]) -> None:
    """Write the page whole; its folder exists."""
    write_text(path, evaluations_html(run, rows))


def evaluations_html(run: str, rows: Sequence[EvaluationRow]) -> str:
    """The page as a text."""
    changes = [change for row in rows for change, _ in changes_of(rows, row)]
    beyond = {
        at: [moved_sentence(one, since) for one, since in changes_of(rows, row) if one.beyond_chance]
        for at, row in enumerate(rows)
    }
    warnings = [
        {"data": rows[at].data, "date": rows[at].date, "said": said} for at, said in beyond.items() if said
    ]
    least = min((row.right[1][0] for row in rows if row.right), default=0.0)
    values = {
        "run": Path(run).name or run,
        "place": run,
        "names": list(rows[0].cells),
        "meaning": {name: MEANING[name] for name in rows[0].cells if name in MEANING},
        "rows": [_row(row, least) for row in rows],
        "warnings": warnings,
        "beyond": sum(map(len, beyond.values())),
        "tests": tests_named(changes),
        "right": any(row.right for row in rows),
    }
    return render("evaluations.html.j2", values)


def _row(row: EvaluationRow, least: float) -> dict[str, Any]:
    bar, interval = "", ""
    if row.right is not None:
        share, (low, high) = row.right
        interval = words.percent_range(low, high)
        bar = interval_bar(share, low, high, f"{words.percent(share)}, interval {interval}", least=least)
    return {
        "date": row.date,
        "data": Path(row.data).name or row.data,
        "pictures": row.pictures,
        "interval": interval,
        "bar": Markup(bar),
        "cells": list(row.cells.values()),
    }
