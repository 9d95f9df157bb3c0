"""What a classifier is worth, in lines for people."""

from collections.abc import Mapping
from typing import Any

from striate.data.wording import percent
from striate.tasks.answers import Figures
from striate.tasks.words import class_table, interval, interval_of, number


def sentence(metrics: Mapping[str, Any], pictures: int, where: str) -> str:
    """Accuracy with its interval."""
    share = percent(metrics["accuracy"])
    return f"accuracy {share} of {pictures:,} {where}, {interval_of(metrics, 'accuracy')}"


def compared(metrics: Mapping[str, Any]) -> dict[str, str]:
    """A run's line in the table of `compare`."""
    return {
        "accuracy": percent(metrics["accuracy"]),
        "95 % interval": interval(metrics["accuracy_interval"]),
        "macro F1": number(metrics["macro_f1"], 4),
        "calibration error": number(metrics["ece"], 4),
    }


def figures_table(figures: Figures) -> list[str]:
    """F1, loss, calibration and a line for every class."""
    metrics, chance = figures.metrics, figures.details["calibration"]
    lines = [
        (
            f"macro F1 {metrics['macro_f1']:.4f}, loss {metrics['loss']:.4f}, "
            f"calibration error {metrics['ece']:.4f} ({metrics['ece_uncalibrated']:.4f} without temperature)"
        )
    ]
    if chance:
        lines.append(
            f"a perfectly calibrated network would show {chance['by_chance']:.4f} on as many pictures, "
            f"and up to {chance['by_chance_high']:.4f} in 19 of 20 cases"
        )
    cells = {
        label: (
            f"{values['pictures']:,}",
            percent(values["precision"]),
            percent(values["recall"]),
            number(values["f1"], 4),
        )
        for label, values in figures.per_class.items()
    }
    return lines + class_table({"pictures": 8, "precision": 9, "recall": 7, "F1": 6}, cells)
