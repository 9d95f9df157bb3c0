"""A confusion matrix as a reader needs it: a heat table, the most frequent confusions, a row per class."""

from dataclasses import dataclass
from typing import Any

LARGEST_TABLE = 30  # classes; more do not fit on a page
RIGHT_STEPS = (0.5, 0.8, 0.9, 0.97)  # share of a class that was recognised
WRONG_STEPS = (0.005, 0.02, 0.05, 0.15)  # share of a class that was taken for another


@dataclass(frozen=True, slots=True)
class Confused:
    """`times` of `pictures` pictures of the class `truth` were called `answer`."""

    truth: str
    answer: str
    times: int
    pictures: int


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A line of the per-class table."""

    label: str
    pictures: int | None
    precision: float | None
    recall: float | None
    f1: float | None
    taken_for: Confused | None


def shade(share: float, *, right: bool) -> str:
    """The style class of a cell: `r0`..`r4` on the diagonal, `w0`..`w4` beside it; none for no picture."""
    if share <= 0:
        return ""
    steps = RIGHT_STEPS if right else WRONG_STEPS
    return f"{'r' if right else 'w'}{sum(share >= step for step in steps)}"


def heat_rows(labels: list[str], matrix: list[list[int]]) -> list[dict[str, Any]]:
    """For each true class its cells as (count, style class, answer), in the order of the labels."""
    rows = []
    for truth, (label, counts) in enumerate(zip(labels, matrix, strict=True)):
        total = sum(counts)
        cells = [
            {
                "count": n,
                "shade": shade(n / total if total else 0.0, right=truth == answer),
                "answer": labels[answer],
            }
            for answer, n in enumerate(counts)
        ]
        rows.append({"label": label, "total": total, "cells": cells})
    return rows


def top_confusions(labels: list[str], matrix: list[list[int]], limit: int = 10) -> list[Confused]:
    """The pairs (truth, answer) that were confused most often, most frequent first."""
    pairs = [
        Confused(labels[truth], labels[answer], times, sum(counts))
        for truth, counts in enumerate(matrix)
        for answer, times in enumerate(counts)
        if truth != answer and times > 0
    ]
    return sorted(pairs, key=lambda pair: -pair.times)[:limit]


def class_rows(
    per_class: dict[str, dict[str, Any]], labels: list[str], matrix: list[list[int]]
) -> list[ClassRow]:
    """The classes, weakest F1 first; classes without pictures come last."""
    worst: dict[str, Confused] = {}
    for pair in top_confusions(labels, matrix, limit=len(labels) ** 2):
        worst.setdefault(pair.truth, pair)
    rows = [
        ClassRow(
            label,
            figures.get("pictures"),
            figures.get("precision"),
            figures.get("recall"),
            figures.get("f1"),
            worst.get(label),
        )
        for label, figures in per_class.items()
    ]
    return sorted(rows, key=lambda row: (not row.pictures, row.f1 if row.f1 is not None else 2.0))


def square(labels: list[str], matrix: Any) -> list[list[int]]:
    """The matrix if it has a row and a column for each label, else an empty one."""
    if not isinstance(matrix, list) or len(matrix) != len(labels):
        return []
    return matrix if all(isinstance(row, list) and len(row) == len(labels) for row in matrix) else []
