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

    A class that was never answered has precision 0, one without pictures recall 0.
    """

    pictures: int
    precision: float
    recall: float
    f1: float


def per_class(confusion: Int64[Tensor, "K K"]) -> list[ClassFigures]:
    """The figures of every class, in the matrix's order."""
    figures = []
    for index in range(len(confusion)):
        right = int(confusion[index, index])
        pictures, answered = int(confusion[index].sum()), int(confusion[:, index].sum())
        f1 = 2 * right / (pictures + answered) if pictures + answered else 0.0
        figures.append(
            ClassFigures(
                pictures, right / answered if answered else 0.0, right / pictures if pictures else 0.0, f1
            )
        )
    return figures


def macro_f1(figures: list[ClassFigures]) -> float:
    """The unweighted mean of F1 over the classes that have pictures; 0 if none has."""
    present = [figure.f1 for figure in figures if figure.pictures]
    return sum(present) / len(present) if present else 0.0
