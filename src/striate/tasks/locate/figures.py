"""What a localiser is worth: is it right about what, about where, about both, and where there is nothing."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate.data.sample import Truth
from striate.metrics.accuracy import wilson_interval
from striate.metrics.intervals import bootstrap_interval
from striate.ops.boxes import paired_iou
from striate.tasks.answers import Figures
from striate.tasks.locate.decode import Located
from striate.tasks.locate.targets import main_object

RIGHT_IOU = 0.5  # from which on a box is right, as in ImageNet's localisation
BINS = 10  # of the histogram of IoU


def overlaps(answers: Sequence[Located], truths: Sequence[Truth]) -> list[float | None]:
    """IoU of each answer's box with the truth; 0 where nothing was found, None where there is nothing."""
    found: list[float | None] = []
    for answer, truth in zip(answers, truths, strict=True):
        true = main_object(truth)
        if true is None:
            found.append(None)
        elif not answer.present:
            found.append(0.0)
        else:
            said = torch.tensor([answer.xyxy], dtype=torch.float32)
            found.append(float(paired_iou(said, true.box[None].float())))
    return found


def named_right(answer: Located, truth: Truth, labels: Sequence[str]) -> bool:
    """Whether the class is right; where there is no object, whether none is said."""
    true = main_object(truth)
    return not answer.present if true is None else answer.present and answer.label == labels[true.label]


def right(answer: Located, truth: Truth, labels: Sequence[str], iou: float | None) -> bool:
    """Whether class and box are right, or rightly nothing is said."""
    return named_right(answer, truth, labels) and (iou is None or iou >= RIGHT_IOU)


def locate_figures(answers: Sequence[Located], truths: Sequence[Truth], labels: tuple[str, ...]) -> Figures:
    """Accuracy over all pictures, `iou50` and `mean_iou` over those with an object, false alarms of the rest.

    `iou50` is the share of which class and box (IoU of 0.5 or more) are both right.
    """
    ious = overlaps(answers, truths)
    named = [named_right(answer, truth, labels) for answer, truth in zip(answers, truths, strict=True)]
    objects = [row for row, iou in enumerate(ious) if iou is not None]
    nothing = [row for row, iou in enumerate(ious) if iou is None]
    values = torch.tensor([ious[row] or 0.0 for row in objects], dtype=torch.float64)
    both = [named[row] and (ious[row] or 0.0) >= RIGHT_IOU for row in objects]
    metrics = {
        **_share("accuracy", sum(named), len(named)),
        **_share("iou50", sum(both), len(both)),
        "mean_iou": float(values.mean()) if len(values) else None,
        "mean_iou_interval": list(bootstrap_interval(values)) if len(values) else None,
        **_share("false_alarms", sum(answers[row].present for row in nothing), len(nothing)),
    }
    details = {
        "pictures": len(answers),
        "objects": len(objects),
        "iou_histogram": _histogram(values),
        "alarms": sum(answers[row].present for row in nothing),
        "missed": sum(not answers[row].present for row in objects),
    }
    return Figures(metrics, _per_class(objects, ious, named, truths, labels), details)


def _share(name: str, right: int, n: int) -> dict[str, Any]:
    """A share of n pictures and its 95 % interval; None of none."""
    if n == 0:
        return {name: None, f"{name}_interval": None}
    return {name: right / n, f"{name}_interval": list(wilson_interval(right, n))}


def _histogram(values: Tensor) -> list[int]:
    """Pictures whose IoU is in [0, 0.1), ..., [0.9, 1]."""
    counts = torch.bincount((values * BINS).long().clamp(max=BINS - 1), minlength=BINS)
    return [int(count) for count in counts]


def _per_class(
    objects: Sequence[int],
    ious: Sequence[float | None],
    named: Sequence[bool],
    truths: Sequence[Truth],
    labels: Sequence[str],
) -> dict[str, dict[str, Any]]:
    rows: dict[str, list[int]] = {label: [] for label in labels}
    for row in objects:
        true = main_object(truths[row])
        assert true is not None
        rows[labels[true.label]].append(row)
    return {
        label: {
            "pictures": len(own),
            "accuracy": sum(named[row] for row in own) / len(own) if own else None,
            "iou50": sum(named[row] and (ious[row] or 0) >= RIGHT_IOU for row in own) / len(own)
            if own
            else None,
            "mean_iou": sum(ious[row] or 0.0 for row in own) / len(own) if own else None,
        }
        for label, own in rows.items()
    }
