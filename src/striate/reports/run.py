"""The report of a run, from nothing but its folder: what an engineer shows and a regulated team files.

The same folder gives the same bytes. Files that are not there yet are named on the page.
"""

import base64
import contextlib
import shlex
from pathlib import Path
from typing import Any

from markupsafe import Markup

from striate.drawing.charts import Line, Span, interval_bar, line_chart
from striate.drawing.grid import picture_uri
from striate.errors import StriateError
from striate.reports import words
from striate.reports.confusion import LARGEST_TABLE, class_rows, heat_rows, square, top_confusions
from striate.reports.contents import Contents, read_contents
from striate.reports.page import render
from striate.reports.trust import trust
from striate.runs.bounded import read_bytes
from striate.runs.files import write_text
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord

PARTS = ("train", "validation", "test")
NAMED = (
    "accuracy",
    "macro_f1",
    "top5",
    "ece",
    "ece_uncalibrated",
)  # metrics with a place and words of their own
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
    values = {
        "head": _head(contents),
        "unfinished": _unfinished(contents),
        "figures": _figures(contents),
        "trust": trust(contents),
        "mistakes": _mistakes(contents),
        "curves": _curves(contents),
        "confusion": _confusion(contents),
        "trained": _trained(contents),
        "data": _data(contents),
        "again": _again(contents),
    }
    return render("run.html.j2", values)


def _head(contents: Contents) -> dict[str, Any]:
    config, metrics = contents["config.toml"], contents.metrics
    data = str(contents["dataset.json"].get("data") or config.get("data") or "")
    pictures = _evaluated(contents)
    accuracy = metrics.get("accuracy")
    low, high = (metrics.get("accuracy_interval") or [None, None])[:2]
    bar = ""
    if words.known(accuracy) and words.known(low) and words.known(high):
        told = f"{words.percent(accuracy)}, 95\u00a0% interval {words.percent_range(low, high)}"
        bar = interval_bar(accuracy, low, high, told)
    return {
        "model": words.brief(str(contents.resolved.get("model") or config.get("model") or contents.name)),
        "data": Path(data).name or data or "unknown data",
        "run": contents.name,
        "started": contents["environment.json"].get("started"),
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "pictures": pictures,
        "digits": words.digits_for(pictures),
        "split": contents.split,
        "interval": Markup(bar),
        "commonest": _commonest(contents),
        "evaluated": bool(metrics),
        "measured": not metrics or pictures > 0,
    }


def _evaluated(contents: Contents) -> int:
    told = contents["evaluation.json"].get("pictures")
    if told is None:
        told = _parts(contents).get(contents.split)
    return int(told or 0)


def _commonest(contents: Contents) -> dict[str, Any] | None:
    """What always answering the commonest class would reach: the figure to beat."""
    per_class = contents["evaluation.json"].get("per_class") or {}
    sizes = {label: int(figures.get("pictures") or 0) for label, figures in per_class.items()}
    total = sum(sizes.values())
    if not total:
        return None
    label = max(sizes, key=lambda one: sizes[one])
    return {"label": label, "share": sizes[label] / total}


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


def _parts(contents: Contents) -> dict[str, int | None]:
    """Pictures in train, validation, test and skipped."""
    told = contents["result.json"].get("pictures")
    if isinstance(told, dict):
        return {name: told.get(name) for name in (*PARTS, "skipped")}
    dataset = contents["dataset.json"]
    if not dataset:
        return dict.fromkeys((*PARTS, "skipped"))
    counts = dataset.get("counts") or {}
    parts: dict[str, int | None] = {part: sum((counts.get(part) or {}).values()) for part in PARTS}
    return parts | {"skipped": len(dataset.get("skipped") or [])}


def _figures(contents: Contents) -> dict[str, Any]:
    metrics = contents.metrics
    per_class = contents["evaluation.json"].get("per_class") or contents["dataset.json"].get("classes") or []
    calibration = contents["calibration.json"]
    seconds = contents["result.json"].get("seconds")
    if seconds is None and contents.epochs:
        seconds = sum(epoch.get("seconds") or 0 for epoch in contents.epochs)
    return {
        "macro_f1": metrics.get("macro_f1"),
        "top5": metrics.get("top5") if len(per_class) > 5 else None,
        "ece": metrics.get("ece", calibration.get("ece")),
        "ece_uncalibrated": metrics.get("ece_uncalibrated", calibration.get("ece_uncalibrated")),
        "temperature": calibration.get("temperature"),
        "calibrated_on": calibration.get("pictures"),
        "engine": contents.engine,
        "classes": len(per_class),
        "parts": _parts(contents),
        "seconds": seconds,
        "epochs": len(contents.epochs),
        "parameters": contents.resolved.get("parameters"),
        "others": [
            (name, value) for name, value in metrics.items() if name not in NAMED and words.known(value)
        ],
    }


def _mistakes(contents: Contents) -> dict[str, Any]:
    evaluation = contents["evaluation.json"]
    shown = []
    for mistake in evaluation.get("mistakes") or []:
        picture, heat = mistake.get("picture"), mistake.get("heat")
        shown.append(
            {
                "label": str(mistake.get("label", "")),
                "predicted": str(mistake.get("predicted", "")),
                "probability": mistake.get("probability"),
                "file": str(mistake.get("file", "")),
                "uri": _inside(contents.folder, picture) if picture else None,
                "heat": _inside(contents.folder, heat) if heat else None,
            }
        )
    matrix = _matrix(contents)[1]
    wrong = sum(map(sum, matrix)) - sum(row[index] for index, row in enumerate(matrix)) if matrix else None
    return {
        "known": bool(evaluation),
        "shown": shown,
        "wrong": wrong,
        "pictures": _evaluated(contents),
        "heat": any(one["heat"] for one in shown),
    }


def _inside(folder: RunFolder, name: str) -> str | None:
    """A picture of this run as a data URI; a path that leads out of the folder is not one."""
    try:
        path = (folder / str(name)).resolve()
        inside = path.is_relative_to(folder.path.resolve()) and path.is_file()
        return picture_uri(path) if inside and path.stat().st_size <= LARGEST_PICTURE else None
    except (OSError, ValueError, RuntimeError):  # links in a circle, a zero byte
        return None


def _curves(contents: Contents) -> dict[str, Any]:
    epochs = contents.epochs
    spans: list[Span] = []
    for number, epoch in enumerate(epochs, 1):
        name = str(epoch.get("stage", ""))
        if spans and spans[-1].name == name:
            spans[-1] = Span(name, spans[-1].first, number)
        else:
            spans.append(Span(name, number, number))
    best = contents.best_epoch

    def line(name: str, key: str, *, strong: bool = True) -> list[Line]:
        values = [epoch.get(key) for epoch in epochs]
        return (
            [Line(name, [v if words.known(v) else None for v in values], strong)]
            if any(words.known(v) for v in values)
            else []
        )

    judged = "validation" if _parts(contents).get("validation") != 0 else "training, no changes"
    losses = [*line("training", "train_loss", strong=False), *line(judged, "validation_loss")]
    accuracy, rate = line(judged, "validation_accuracy"), line("", "lr", strong=False)
    return {
        "loss": Markup(line_chart("Loss per epoch", losses, spans=spans, marked=best)),
        "accuracy": Markup(
            line_chart("Accuracy per epoch", accuracy, unit="percent", spans=spans, marked=best)
        ),
        "rate": Markup(line_chart("Learning rate per epoch", rate, spans=spans, height=150)),
        "spans": spans,
        "judged_on": "validation" if judged == "validation" else "training",
        "best": best,
        "best_values": epochs[best - 1] if best else {},
        "epochs": epochs,
    }


def _labels(contents: Contents) -> list[str]:
    """The classes in the order of the confusion matrix."""
    per_class = list(contents["evaluation.json"].get("per_class") or {})
    with contextlib.suppress(StriateError):
        return list(RunRecord(contents.folder).labels)
    return [str(label) for label in contents["dataset.json"].get("classes") or per_class]


def _matrix(contents: Contents) -> tuple[list[str], list[list[int]]]:
    labels = _labels(contents)
    return labels, square(labels, contents["evaluation.json"].get("confusion"))


def _confusion(contents: Contents) -> dict[str, Any]:
    labels, matrix = _matrix(contents)
    table = matrix and len(labels) <= LARGEST_TABLE
    return {
        "labels": labels,
        "heat": heat_rows(labels, matrix) if table else [],
        "dense": len(labels) > 14,
        "upright": max(map(len, labels), default=0) > 4,
        "known": bool(matrix),
        "top": top_confusions(labels, matrix, limit=10 if table else 30),
        "classes": class_rows(contents["evaluation.json"].get("per_class") or {}, labels, matrix),
        "measured": not contents["evaluation.json"] or _evaluated(contents) > 0,
    }


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
    rows = [{"label": label, **{part: int(counts[part].get(label, 0)) for part in PARTS}} for label in labels]
    notes = [str(note) for note in dataset.get("notes") or []]
    return {
        "known": bool(dataset),
        "data": dataset.get("data"),
        "layout": dataset.get("layout"),
        "fingerprint": dataset.get("fingerprint"),
        "rows": rows,
        "totals": {part: sum(row[part] for row in rows) for part in PARTS},
        "skipped": dataset.get("skipped") or [],
        "damaged": dataset.get("damaged") or [],
        "listed": LISTED_FILES,
        "warnings": [note.removeprefix("warning: ") for note in notes if note.startswith("warning: ")],
        "notes": [note for note in notes if not note.startswith("warning: ")],
    }


def _again(contents: Contents) -> dict[str, Any]:
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
            ("Classify new pictures", f"striate predict {run} picture.jpg"),
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
