"""What a classifier is worth, in lines for people."""

from collections.abc import Mapping
from typing import Any

from striate.data.wording import one_line, percent
from striate.tasks.task import Figures


def sentence(metrics: Mapping[str, Any], pictures: int, where: str) -> str:
    """Accuracy with its interval."""
    low, high = metrics["accuracy_interval"]
    interval = f"95 % interval {percent(low)} to {percent(high)}"
    return f"accuracy {percent(metrics['accuracy'])} of {pictures:,} {where}, {interval}"


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
    width = max(len(one_line(label)) for label in figures.per_class)
    lines.append(f"{'class':<{width}}  pictures  precision   recall       F1")
    for label, values in figures.per_class.items():
        f1 = "-" if values["f1"] is None else f"{values['f1']:.4f}"
        lines.append(
            f"{one_line(label):<{width}}  {values['pictures']:>8,}  {percent(values['precision']):>9}"
            f"  {percent(values['recall']):>7}  {f1:>6}"
        )
    return lines
