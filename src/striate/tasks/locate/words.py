"""What a localiser is worth, in lines for people."""

from collections.abc import Mapping
from typing import Any

from striate.data.dataset import Dataset
from striate.data.wording import counted, one_line, percent, probability
from striate.tasks.answers import Figures
from striate.tasks.locate.decode import Located
from striate.tasks.locate.targets import main_object, several
from striate.tasks.words import class_table, interval, interval_of, nothing, number


def data_notes(dataset: Dataset) -> list[str]:
    """What a localiser makes of a data set of objects."""
    truths = [item.truth for item in dataset.items]
    more = sum(several(truth) for truth in truths)
    empty = sum(truth.boxes is not None and main_object(truth) is None for truth in truths)
    notes = []
    if more:
        notes.append(f"{counted(more, 'picture')} with several objects: the largest one counts")
    if empty:
        notes.append(f"{counted(empty, 'picture')} without an object")
    problems = getattr(dataset, "problems", ())
    if problems:
        first = problems[0]
        boxes = counted(len(problems), "box", "boxes")
        notes.append(f"{boxes} clipped or left out; the first: {first.file}: {first.reason}")
    return notes


def in_words(answer: Located) -> str:
    """An answer in a part of a line."""
    if not answer.present:
        return nothing(answer.presence)
    corners = ", ".join(f"{value:.1f}" for value in answer.xyxy)
    return f"{one_line(answer.label)} {probability(answer.probability)} at ({corners})"


def sentence(metrics: Mapping[str, Any], pictures: int, where: str) -> str:
    """Class and box both right, with the interval."""
    if metrics["iou50"] is None:
        alarms = f"something is found in {percent(metrics['false_alarms'])} of them"
        return f"none of {pictures:,} {where} shows an object; {alarms}"
    return (
        f"class and box (IoU of 0.5 or more) both right in {percent(metrics['iou50'])} of "
        f"{pictures:,} {where}, {interval_of(metrics, 'iou50')}"
    )


def compared(metrics: Mapping[str, Any]) -> dict[str, str]:
    """A run's line in the table of `compare`."""
    return {
        "class and box": percent(metrics["iou50"]),
        "95 % interval": interval(metrics["iou50_interval"]),
        "class": percent(metrics["accuracy"]),
        "mean IoU": number(metrics["mean_iou"], 3),
    }


def figures_table(figures: Figures) -> list[str]:
    """What is right about the class and about the place alone, and a line for every class."""
    metrics, details = figures.metrics, figures.details
    lines = []
    if metrics["accuracy"] is not None:
        lines.append(f"class alone right (or rightly nothing) {percent(metrics['accuracy'])}")
    if metrics["mean_iou"] is not None:
        ends = interval(metrics["mean_iou_interval"], lambda value: number(value, 3))
        lines[0] += f", mean IoU {metrics['mean_iou']:.3f} ({ends})"
        lines.append(
            f"not found in {details['missed']:,} of {counted(details['objects'], 'picture')} with an object"
        )
    empty = details["pictures"] - details["objects"]
    if empty:
        lines.append(f"found in {details['alarms']:,} of {counted(empty, 'picture')} without one")
    known = {label: values for label, values in figures.per_class.items() if values["pictures"]}
    if known:
        cells = {
            label: (
                f"{values['pictures']:,}",
                percent(values["accuracy"]),
                percent(values["iou50"]),
                number(values["mean_iou"], 3),
            )
            for label, values in known.items()
        }
        lines += class_table({"pictures": 8, "class right": 11, "both right": 10, "mean IoU": 8}, cells)
    return lines
