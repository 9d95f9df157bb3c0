"""What a localiser is worth, in lines for people."""

from collections.abc import Mapping
from typing import Any

from striate.data.dataset import Dataset
from striate.data.wording import counted, one_line, percent
from striate.tasks.locate.decode import Located
from striate.tasks.locate.targets import main_object, several
from striate.tasks.task import Figures


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
        return f"nothing (something with {percent(answer.presence)})"
    corners = ", ".join(f"{value:.1f}" for value in answer.xyxy)
    return f"{one_line(answer.label)} {percent(answer.probability)} at ({corners})"


def sentence(metrics: Mapping[str, Any], pictures: int, where: str) -> str:
    """Class and box both right, with the interval."""
    if metrics["iou50"] is None:
        alarms = f"something is found in {percent(metrics['false_alarms'])} of them"
        return f"none of {pictures:,} {where} shows an object; {alarms}"
    low, high = metrics["iou50_interval"]
    return (
        f"class and box (IoU of 0.5 or more) both right in {percent(metrics['iou50'])} of "
        f"{pictures:,} {where}, 95 % interval {percent(low)} to {percent(high)}"
    )


def figures_table(figures: Figures) -> list[str]:
    """What is right about the class and about the place alone, and a line for every class."""
    metrics, details = figures.metrics, figures.details
    lines = []
    if metrics["accuracy"] is not None:
        lines.append(f"class alone right (or rightly nothing) {percent(metrics['accuracy'])}")
    if metrics["mean_iou"] is not None:
        low, high = metrics["mean_iou_interval"]
        lines[0] += f", mean IoU {metrics['mean_iou']:.3f} ({low:.3f} to {high:.3f})"
        lines.append(
            f"not found in {details['missed']:,} of {counted(details['objects'], 'picture')} with an object"
        )
    empty = details["pictures"] - details["objects"]
    if empty:
        lines.append(f"found in {details['alarms']:,} of {counted(empty, 'picture')} without one")
    known = {label: values for label, values in figures.per_class.items() if values["pictures"]}
    if known:
        width = max(len("class"), *(len(one_line(label)) for label in known))
        lines.append(f"{'class':<{width}}  pictures  class right  both right  mean IoU")
        lines += [
            f"{one_line(label):<{width}}  {values['pictures']:>8,}  {percent(values['accuracy']):>11}"
            f"  {percent(values['iou50']):>10}  {values['mean_iou']:>8.3f}"
            for label, values in known.items()
        ]
    return lines
