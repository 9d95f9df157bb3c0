"""What a classifier is worth on labelled pictures: the metrics of `interface`, per class and in total."""

from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from striate.losses.cross_entropy import cross_entropy
from striate.metrics.accuracy import hits, wilson_interval
from striate.metrics.calibration_error import (
    calibration_error_by_chance,
    expected_calibration_error,
    reliability_bins,
)
from striate.metrics.confusion import confusion_matrix, macro_f1, per_class
from striate.metrics.selective import coverage_curve
from striate.shapes import Labels, Logits

METRICS = ("accuracy", "accuracy_interval", "top5", "loss", "ece", "ece_uncalibrated", "macro_f1")


@dataclass(frozen=True, slots=True)
class ClassifierFigures:
    """Everything that is counted once, JSON-ready; without a picture every metric is None (not measured)."""

    metrics: dict[str, Any]
    per_class: dict[str, dict[str, Any]]
    confusion: list[list[int]]
    calibration: dict[str, Any] = field(default_factory=dict)


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
    calibrated = torch.softmax(scores.double() / temperature, 1)
    uncalibrated = torch.softmax(scores.double(), 1)
    right = hits(scores, labels)
    confusion = confusion_matrix(labels, scores.argmax(dim=1), len(classes))
    figures = per_class(confusion)
    metrics: dict[str, Any] = dict.fromkeys(METRICS)
    if len(labels):
        metrics |= {
            "accuracy": float(right.double().mean()),
            "accuracy_interval": list(wilson_interval(int(right.sum()), len(labels))),
            "top5": float(hits(scores, labels, min(5, len(classes))).double().mean()),
            "loss": float(cross_entropy(scores.double() / temperature, labels).total),
            "ece": expected_calibration_error(calibrated, labels),
            "ece_uncalibrated": expected_calibration_error(uncalibrated, labels),
            "macro_f1": macro_f1(figures),
        }
    named = {name: asdict(figure) for name, figure in zip(classes, figures, strict=True)}
    return ClassifierFigures(
        metrics, named, confusion.tolist(), calibration_figures(calibrated, uncalibrated, labels)
    )


def calibration_figures(
    calibrated: Float[Tensor, "B K"], uncalibrated: Float[Tensor, "B K"], labels: Labels
) -> dict[str, Any]:
    """What belongs to a calibration error so that it can be judged, JSON-ready; {} without pictures.

    `confidence` (mean), `by_chance` and `by_chance_high` (the error that a perfectly calibrated network
    shows on as many pictures, and what it exceeds in 5 of 100 cases), `bins` and `bins_uncalibrated` (the
    reliability diagram), `coverage` (abstention: threshold, coverage, pictures, accuracy, interval).
    """
    if len(labels) == 0:
        return {}
    confidence, answers = calibrated.max(dim=1)
    before, answers_before = uncalibrated.max(dim=1)
    right = answers == labels
    by_chance, high = calibration_error_by_chance(confidence)
    return {
        "pictures": len(labels),
        "confidence": float(confidence.mean()),
        "by_chance": by_chance,
        "by_chance_high": high,
        "bins": [asdict(one) for one in reliability_bins(confidence, right)],
        "bins_uncalibrated": [asdict(one) for one in reliability_bins(before, answers_before == labels)],
        "coverage": [asdict(one) for one in coverage_curve(confidence, right)],
    }
