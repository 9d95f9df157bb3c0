"""The page of `striate ladder`: rungs side by side, their learning curves, and what each one repairs."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from striate.drawing.svg.charts import Line, interval_bar, line_chart
from striate.files.writing import write_text
from striate.reports import words
from striate.reports.page import render

SHOWN = 8  # pictures of each rung

# What a rung is, for a reader who has not seen the course.
MEANING = {
    "scratch": "the book's small network from random weights, the pictures as they are",
    "augmented": "the same with dropout, the pictures changed anew in every epoch",
    "probe": "a linear head on the features of a frozen pretrained network",
    "features": "a small dense head with dropout on the same features",
    "frozen": "a linear head on the features of changed views of every picture as well",
    "finetune": "the head first, then the last blocks, one after the other, at falling rates",
}


def write_ladder(
    path: Path,
    data: str,
    split: str,
    rungs: Sequence[Mapping[str, Any]],
    pictures: Mapping[str, bytes],
    curve: Mapping[str, Any] | None,
) -> None:
    """Write the page whole.

    Args:
        path: where; its folder exists.
        data: the data set as it was given.
        split: which part was measured.
        rungs: name, model, accuracy, interval, seconds, pictures, epochs, repaired and broken of each.
        pictures: PNG files by the names of pictures.
        curve: measured and expected points, if they were asked for.
    """
    least = min(float(rung["interval"][0]) for rung in rungs)  # one scale for all, to be compared by eye
    rows = [_row(rung, pictures, least) for rung in rungs]
    charts = [chart for rung in rungs if (chart := _chart(rung)) is not None]
    values = {
        "data": data,
        "name": Path(data).name or data,
        "split": split,
        "rungs": rows,
        "charts": charts,
        "curve": _curve(curve),
    }
    write_text(path, render("ladder.html.j2", values))


def _row(rung: Mapping[str, Any], pictures: Mapping[str, bytes], least: float) -> dict[str, Any]:
    low, high = rung["interval"]
    digits = words.digits_for(rung["pictures"])
    said = f"{words.percent(rung['accuracy'], digits)}, interval {words.percent_range(low, high, digits)}"
    shown = [name for name in rung["repaired"][:SHOWN] if name in pictures]
    return {
        **rung,
        "meaning": MEANING.get(rung["name"], ""),
        "named": Path(rung["run"]).name,  # the page stands beside the runs
        "low": low,
        "high": high,
        "digits": digits,
        "bar": Markup(interval_bar(rung["accuracy"], low, high, said, least=least)),
        "shown": [(name, _address(pictures[name])) for name in shown],
    }


def _chart(rung: Mapping[str, Any]) -> dict[str, Any] | None:
    """Accuracy over epochs, of rungs that have more than one."""
    values = [epoch.get("validation_accuracy") for epoch in rung["epochs"]]
    if len(values) < 2:
        return None
    best = max((n for n, epoch in enumerate(rung["epochs"], 1) if epoch.get("best")), default=None)
    title = f"Validation accuracy per epoch, {rung['name']}"
    lines = [Line("validation", [v if words.known(v) else None for v in values])]
    return {
        "name": rung["name"],
        "svg": Markup(line_chart(title, lines, unit="percent", marked=best, height=190)),
    }


def _curve(curve: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if curve is None:
        return None
    return {**curve, "digits": words.digits_for(curve["pictures"])}


def _address(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
