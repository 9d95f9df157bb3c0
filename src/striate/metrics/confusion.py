"""The confusion matrix and what follows from it for every class."""

from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from striate.shapes import Labels


def confusion_matrix(labels: Labels, answers: Labels, classes: int) -> Int64[Tensor, "K K"]:
    """How often pictures of class i (row) were answered as class j (column)."""
    return torch.bincount(labels * classes + answers, minlength=classes**2).view(classes, classes)


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class: its pictures, and precision, recall and their harmonic mean, each in [0, 1].

    None where nothing was measured: precision of a class that was never answered, recall and F1 of a class
    without pictures.
    """

    pictures: int
    precision: float | None
    recall: float | None
    f1: float | None


def per_class(confusion: Int64[Tensor, "K K"]) -> list[ClassFigures]:
    """The figures of every class, in the matrix's order."""
    figures = []
    for index in range(len(confusion)):
        right = int(confusion[index, index])
        pictures, answered = int(confusion[index].sum()), int(confusion[:, index].sum())
        figures.append(
            ClassFigures(
                pictures,
                precision=right / answered if answered else None,
                recall=right / pictures if pictures else None,
                f1=2 * right / (pictures + answered) if pictures else None,
            )
        )
    return figures


def macro_f1(figures: list[ClassFigures]) -> float:
    """The unweighted mean of F1 over the classes that have pictures; 0 if none has."""
    present = [figure.f1 for figure in figures if figure.f1 is not None]
    return sum(present) / len(present) if present else 0.0
