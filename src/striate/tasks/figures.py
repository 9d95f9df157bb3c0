"""What a classifier is worth on labelled pictures: the metrics of `interface`, per class and in total."""

from dataclasses import asdict, dataclass
from typing import Any

import torch

from striate.losses.cross_entropy import cross_entropy
from striate.metrics.accuracy import hits, wilson_interval
from striate.metrics.calibration_error import expected_calibration_error
from striate.metrics.confusion import confusion_matrix, macro_f1, per_class
from striate.shapes import Labels, Logits

METRICS = ("accuracy", "accuracy_interval", "top5", "loss", "ece", "ece_uncalibrated", "macro_f1")


@dataclass(frozen=True, slots=True)
class ClassifierFigures:
    """Everything that is counted once, JSON-ready; without a picture every metric is None (not measured)."""

    metrics: dict[str, Any]
    per_class: dict[str, dict[str, Any]]
    confusion: list[list[int]]


def classifier_figures(
    scores: Logits, labels: Labels, classes: tuple[str, ...], temperature: float
) -> ClassifierFigures:
    """Accuracy with its 95 % interval, top-5, loss, calibration error with and without temperature, F1.

    Args:
        scores: (N, K) logits, not yet divided by the temperature.
        labels: (N,).
        classes: K names.
        temperature: what scores are divided by before softmax.
    """
    calibrated = scores.double() / temperature
    right = hits(scores, labels)
    confusion = confusion_matrix(labels, scores.argmax(dim=1), len(classes))
    figures = per_class(confusion)
    metrics: dict[str, Any] = dict.fromkeys(METRICS)
    if len(labels):
        metrics |= {
            "accuracy": float(right.double().mean()),
            "accuracy_interval": list(wilson_interval(int(right.sum()), len(labels))),
            "top5": float(hits(scores, labels, min(5, len(classes))).double().mean()),
            "loss": float(cross_entropy(calibrated, labels).total),
            "ece": expected_calibration_error(torch.softmax(calibrated, 1), labels),
            "ece_uncalibrated": expected_calibration_error(torch.softmax(scores.double(), 1), labels),
            "macro_f1": macro_f1(figures),
        }
    named = {name: asdict(figure) for name, figure in zip(classes, figures, strict=True)}
    return ClassifierFigures(metrics, named, confusion.tolist())
