"""The report of a classifier: accuracy, calibration, confident mistakes, confusion, class by class."""

import contextlib
from typing import Any

from markupsafe import Markup

from striate.drawing.svg.charts import interval_bar
from striate.errors import StriateError
from striate.reports import words
from striate.reports.confusion import LARGEST_TABLE, class_rows, heat_rows, square, top_confusions
from striate.reports.contents import Contents
from striate.reports.sections.section import Section
from striate.reports.trust import trust
from striate.runs.record import RunRecord

METRICS = ("accuracy", "macro_f1", "top5", "ece", "ece_uncalibrated")


def _values(contents: Contents) -> dict[str, Any]:
    labels, matrix = _matrix(contents)
    wrong = sum(map(sum, matrix)) - sum(row[index] for index, row in enumerate(matrix)) if matrix else None
    return {
        "classify": {
            **_head(contents),
            **_figures(contents),
            "wrong": wrong,
            "trust": trust(contents),
            "confusion": _confusion(contents, labels, matrix),
        }
    }


def _head(contents: Contents) -> dict[str, Any]:
    metrics = contents.metrics
    accuracy = metrics.get("accuracy")
    low, high = (metrics.get("accuracy_interval") or [None, None])[:2]
    bar = ""
    if words.known(accuracy) and words.known(low) and words.known(high):
        told = f"{words.percent(accuracy)}, 95\u00a0% interval {words.percent_range(low, high)}"
        bar = interval_bar(accuracy, low, high, told)
    return {
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "digits": words.digits_for(contents.evaluated),
        "interval": Markup(bar),
        "commonest": _commonest(contents),
    }


def _commonest(contents: Contents) -> dict[str, Any] | None:
    """What always answering the commonest class would reach: the figure to beat."""
    per_class = contents["evaluation.json"].get("per_class") or {}
    sizes = {label: int(figures.get("pictures") or 0) for label, figures in per_class.items()}
    total = sum(sizes.values())
    if not total:
        return None
    label = max(sizes, key=lambda one: sizes[one])
    return {"label": label, "share": sizes[label] / total}


def _figures(contents: Contents) -> dict[str, Any]:
    metrics, calibration = contents.metrics, contents["calibration.json"]
    per_class = contents["evaluation.json"].get("per_class") or contents["dataset.json"].get("classes") or []
    return {
        "macro_f1": metrics.get("macro_f1"),
        "top5": metrics.get("top5") if len(per_class) > 5 else None,
        "ece": metrics.get("ece", calibration.get("ece")),
        "ece_uncalibrated": metrics.get("ece_uncalibrated", calibration.get("ece_uncalibrated")),
        "temperature": calibration.get("temperature"),
        "calibrated_on": calibration.get("pictures"),
        "classes": len(per_class),
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


def _confusion(contents: Contents, labels: list[str], matrix: list[list[int]]) -> dict[str, Any]:
    table = matrix and len(labels) <= LARGEST_TABLE
    return {
        "labels": labels,
        "heat": heat_rows(labels, matrix) if table else [],
        "dense": len(labels) > 14,
        "upright": max(map(len, labels), default=0) > 4,
        "known": bool(matrix),
        "top": top_confusions(labels, matrix, limit=10 if table else 30),
        "classes": class_rows(contents["evaluation.json"].get("per_class") or {}, labels, matrix),
        "measured": not contents["evaluation.json"] or contents.evaluated > 0,
    }


CLASSIFY = Section("classify.html.j2", _values, METRICS, "Classify new pictures")
