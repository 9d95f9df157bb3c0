"""The epochs of a run for a notebook and a slide: as a table, as CSV, and as curves."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any

from striate.drawing.svg.frame import as_file, nested
from striate.files.csv_cells import csv_text
from striate.files.html_table import html_table
from striate.files.output_place import Kind, followed, output_file
from striate.files.writing import write_text
from striate.reports import words
from striate.reports.contents import Contents
from striate.reports.curves import Chart, Column, curves

MARK = "<!-- drawn by Striate -->\n"
DRAWING = Kind("drawing", (".svg",), (MARK.encode(),))
WIDE, HIGH, HEAD = 460, 250, 26  # pixels of one chart and of the line above it


@dataclass(frozen=True)
class History:
    """What every epoch of a run logged, first to last; a list of dicts, such as `pandas.DataFrame` takes.

    Attributes:
        run: where the run is.
        epochs: keys and values as metrics.jsonl has them.
        best: the number of the epoch that was kept, from 1; None before there is one.
    """

    run: str
    epochs: tuple[dict[str, Any], ...]
    best: int | None
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.epochs)

    def __getitem__(self, number: int) -> dict[str, Any]:
        return self.epochs[number]

    def to_dict(self) -> list[Mapping[str, Any]]:
        """The epochs as plain values."""
        return list(self.epochs)

    def csv(self) -> str:
        """A line an epoch, exact values; a column a key."""
        keys = list(dict.fromkeys(key for epoch in self.epochs for key in epoch))
        rows = [[str(epoch.get(key, "")) for key in keys] for epoch in self.epochs]
        return csv_text([keys, *rows])

    def __repr__(self) -> str:
        rows = [self._head(), *self._rows()]
        wide = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
        lines = ["  ".join(cell.rjust(size) for cell, size in zip(row, wide, strict=True)) for row in rows]
        return "\n".join([*lines, self._note()])

    def _repr_html_(self) -> str:
        return html_table(f"Epochs of {self.run}", self._head(), self._rows(), note=self._note())

    def _head(self) -> list[str]:
        return ["Epoch", *(column.title for column in self.columns)]

    def _rows(self) -> list[list[str]]:
        def cell(column: Column, epoch: Mapping[str, Any]) -> str:
            value = epoch.get(column.key)
            return words.percent(value) if column.share else words.decimal(value)

        return [
            [f"{number}{'*' * (number == self.best)}", *(cell(column, epoch) for column in self.columns)]
            for number, epoch in enumerate(self.epochs, 1)
        ]

    def _note(self) -> str:
        return "No epoch has been logged." if not self.epochs else "" if self.best is None else "* kept"


@dataclass(frozen=True)
class Plot:
    """The curves of a run. A notebook shows them; `save` makes a file for a slide."""

    title: str
    charts: tuple[Chart, ...]

    def __repr__(self) -> str:
        names = ", ".join(chart.title for chart in self.charts) or "nothing was logged"
        return f"{self.title}: {names}. .save('curves.svg') writes them."

    def _repr_html_(self) -> str:
        drawn = "".join(
            f'<figure style="display:inline-block;width:{WIDE}px;margin:0 16px 16px 0">'
            f"<figcaption>{escape(chart.title)}</figcaption>{chart.drawn}</figure>"
            for chart in self.charts
        )
        return f'<div style="background:#fff;color:#1c2126;padding:8px">{drawn}</div>'

    def svg(self) -> str:
        """One drawing, charts below each other, in plain colours that every program knows."""
        pieces = []
        for number, chart in enumerate(self.charts):
            top = number * (HIGH + HEAD)
            pieces.append(f'<text x="8" y="{top + 18}" font-weight="600">{escape(chart.title)}</text>')
            pieces.append(nested(str(chart.drawn), 0, top + HEAD, WIDE, HIGH))
        content = f'<g style="font:12px system-ui,sans-serif">{"".join(pieces)}</g>'
        drawn = as_file(WIDE, max(1, len(self.charts)) * (HIGH + HEAD), self.title, content)
        return re.sub(r"var\(--\w+,(#\w+)\)", r"\1", drawn)

    def save(self, out: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the drawing to an .svg file.

        Args:
            overwrite: replace a file that Striate did not write, too.

        Raises:
            StriateError: what is there is not to be replaced.
            WorkFailed: it cannot be written.
        """
        target = output_file(out, DRAWING, "curves.svg", "out", overwrite=overwrite)
        write_text(followed(target), MARK + self.svg())
        return target


def history_of(contents: Contents) -> History:
    """The epochs that a run has logged so far."""
    columns = curves(contents)["columns"]
    return History(contents.run, tuple(contents.epochs), contents.best_epoch, tuple(columns))


def plot_of(contents: Contents) -> Plot:
    """A chart of every loss and figure that a run has logged so far."""
    charts = [chart for chart in curves(contents)["charts"] if chart.drawn]
    return Plot(f"Training of {contents.run}", tuple(charts))
