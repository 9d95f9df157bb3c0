"""The report of a run, from nothing but its folder: what an engineer shows and a regulated team files.

The same folder gives the same bytes. Files that are not there yet are named on the page.
"""

import base64
import shlex
from pathlib import Path
from typing import Any

from striate.drawing.grid import picture_uri
from striate.errors import StriateError
from striate.files.writing import write_text
from striate.reports import words
from striate.reports.contents import PARTS, Contents, read_contents
from striate.reports.curves import curves
from striate.reports.page import render
from striate.reports.sections.catalog import find_section
from striate.runs.bounded import read_bytes
from striate.runs.folder import RunFolder

LARGEST_PICTURE = 16 * 2**20  # bytes of a picture that the page takes in
LISTED_FILES = 40  # skipped and damaged files that the page names; dataset.json has all of them


def write_report(folder: RunFolder, path: Path | None = None) -> Path:
    """Write the page whole to `path`, by default `report.html` in the run folder, and return its path."""
    path = path or folder / "report.html"
    write_text(path, report_html(folder))
    return path


def report_html(folder: RunFolder) -> str:
    """The page as a text."""
    contents = read_contents(folder)
    section = find_section(contents.task)
    values = {
        "head": _head(contents),
        "unfinished": _unfinished(contents),
        "figures": _figures(contents, section.metrics),
        "mistakes": _mistakes(contents),
        "curves": curves(contents),
        "trained": _trained(contents),
        "data": _data(contents),
        "again": _again(contents, section.predict),
        **section.values(contents),
        "layout": "run.html.j2",
    }
    return render(section.template, values)


def _head(contents: Contents) -> dict[str, Any]:
    config, metrics = contents["config.toml"], contents.metrics
    data = str(contents["dataset.json"].get("data") or config.get("data") or "")
    return {
        "model": words.brief(str(contents.resolved.get("model") or config.get("model") or contents.name)),
        "data": Path(data).name or data or "unknown data",
        "run": contents.name,
        "started": contents["environment.json"].get("started"),
        "pictures": contents.evaluated,
        "split": contents.split,
        "evaluated": bool(metrics),
        "measured": not metrics or contents.evaluated > 0,
    }


def _unfinished(contents: Contents) -> list[str]:
    needed = (
        "config.toml",
        "dataset.json",
        "environment.json",
        "metrics.jsonl",
        "evaluation.json",
        "result.json",
    )
    return [contents.absent[name] for name in needed if name in contents.absent]


def _figures(contents: Contents, shown: tuple[str, ...]) -> dict[str, Any]:
    seconds = contents["result.json"].get("seconds")
    if seconds is None and contents.epochs:
        seconds = sum(epoch.get("seconds") or 0 for epoch in contents.epochs)
    return {
        "engine": contents.engine,
        "parts": contents.parts,
        "seconds": seconds,
        "epochs": len(contents.epochs),
        "parameters": contents.resolved.get("parameters"),
        "others": others(contents.metrics, shown, contents.split),
    }


def others(metrics: dict[str, Any], shown: tuple[str, ...], split: str) -> list[tuple[str, Any, str]]:
    """Name, value and interval of the metrics that no section shows."""
    found = []
    for name, value in metrics.items():
        if name in shown or not words.known(value):
            continue
        low, high = (metrics.get(f"{name}_interval") or [None, None])[:2]
        both = words.known(low) and words.known(high)
        note = f"95\u00a0% interval {words.decimal(low)} to {words.decimal(high)}" if both else ""
        title = f"{split.capitalize()} loss" if name == "loss" else name.replace("_", " ")
        found.append((title, value, note))
    return found


def _mistakes(contents: Contents) -> dict[str, Any]:
    evaluation = contents["evaluation.json"]
    shown = []
    for mistake in evaluation.get("mistakes") or []:
        picture, heat = mistake.get("picture"), mistake.get("heat")
        shown.append(
            {
                "file": str(mistake.get("file", "")),
                "uri": _inside(contents.folder, picture) if picture else None,
                "heat": _inside(contents.folder, heat) if heat else None,
                "said": said(mistake),
            }
        )
    return {
        "known": bool(evaluation),
        "shown": shown,
        "pictures": contents.evaluated,
        "heat": any(one["heat"] for one in shown),
    }


def said(mistake: dict[str, Any]) -> list[tuple[str, Any]]:
    """Truth and answer of a mistake, as predictions.csv has them."""
    return [
        (key.replace("_", " "), value if words.known(value) else str(value))
        for key, value in mistake.items()
        if key not in ("file", "picture", "heat") and value is not None
    ]


def _inside(folder: RunFolder, name: str) -> str | None:
    """A picture of this run as a data URI; a path that leads out of the folder is not one."""
    try:
        path = (folder / str(name)).resolve()
        inside = path.is_relative_to(folder.path.resolve()) and path.is_file()
        return picture_uri(path) if inside and path.stat().st_size <= LARGEST_PICTURE else None
    except (OSError, ValueError, RuntimeError):  # links in a circle, a zero byte
        return None


def _trained(contents: Contents) -> dict[str, Any]:
    config, resolved = contents["config.toml"], contents.resolved
    preprocess = contents["preprocess.json"]
    return {
        "known": bool(config),
        "model": resolved.get("model") or config.get("model"),
        "reason": resolved.get("reason"),
        "weights": resolved.get("weights") or config.get("weights"),
        "parameters": resolved.get("parameters"),
        "stages": [stage for stage in resolved.get("stages") or [] if isinstance(stage, dict)],
        "augment": resolved.get("augmentation") or config.get("augment"),
        "preprocess": preprocess or None,
        "parent": resolved.get("parent"),
        "rate_chart": _picture_of_text(contents.folder.path / "pictures" / "learning-rate.svg"),
    }


def _picture_of_text(path: Path) -> str | None:
    """An SVG file as the address of an `img`, where nothing in it can run; None without the file."""
    try:
        content = read_bytes(path)
    except (StriateError, OSError):
        return None
    return f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}"


def _data(contents: Contents) -> dict[str, Any]:
    dataset = contents["dataset.json"]
    counts = {part: (dataset.get("counts") or {}).get(part) or {} for part in PARTS}
    labels = [str(label) for label in dataset.get("classes") or []]
    of_class = {label: {part: int(counts[part].get(label, 0)) for part in PARTS} for label in labels}
    if not any(any(own.values()) for own in of_class.values()):
        of_class = {}  # a task without classes
    totals = contents.pictures_of_parts
    rest = {part: totals[part] - sum(own[part] for own in of_class.values()) for part in PARTS}
    notes = [str(note) for note in dataset.get("notes") or []]
    return {
        "known": bool(dataset),
        "data": dataset.get("data"),
        "layout": dataset.get("layout"),
        "fingerprint": dataset.get("fingerprint"),
        "rows": [{"label": label, **own} for label, own in of_class.items()],
        "rest": rest if of_class and any(rest.values()) else None,
        "totals": totals,
        "skipped": dataset.get("skipped") or [],
        "damaged": dataset.get("damaged") or [],
        "listed": LISTED_FILES,
        "warnings": [note.removeprefix("warning: ") for note in notes if note.startswith("warning: ")],
        "notes": [note for note in notes if not note.startswith("warning: ")],
    }


def _again(contents: Contents, predict: str) -> dict[str, Any]:
    config = contents["config.toml"]
    run = shlex.quote(contents.run)
    settings = [(key, value) for key, value in config.items() if key not in ("command", "resolved")]
    derived = [
        (key, value)
        for key, value in contents.resolved.items()
        if key not in ("stages", "reason", "parameters")
    ]
    return {
        "command": config.get("command"),
        "finished": contents.folder.finished,
        "resume": f"striate train --resume {run}",
        "next": [
            (predict, f"striate predict {run} picture.jpg"),
            ("Measure on other labelled pictures", f"striate evaluate {run} other-pictures/"),
        ],
        "settings": settings,
        "derived": derived,
        "environment": _flat(contents["environment.json"]),
    }


def _flat(values: dict[str, Any]) -> list[tuple[str, Any]]:
    """The entries in order, those of an inner table named after both, dates as a reader wants them."""
    rows: list[tuple[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            rows += [(f"{key} {inner}", one) for inner, one in value.items()]
        else:
            rows.append((key, words.date(value) if key == "started" else value))
    return rows
