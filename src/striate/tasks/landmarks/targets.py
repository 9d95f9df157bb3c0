"""What a network should say of a picture's points: of the whole picture, or of its largest object."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from striate.data.sample import Truth
from striate.ops.boxes import areas

KNOWN, VISIBLE = 1, 2  # COCO's numbers: a hidden point's place is known


class Marks(NamedTuple):
    """The points of one picture, in its pixels."""

    points: Float[Tensor, "P 2"]
    known: Bool[Tensor, " P"]
    visible: Bool[Tensor, " P"]


class Targets(NamedTuple):
    """Of a batch: places as shares of the input's sides."""

    points: Float[Tensor, "B P 2"]
    known: Bool[Tensor, "B P"]
    visible: Bool[Tensor, "B P"]
    present: Bool[Tensor, " B"]


def marks_of(truth: Truth) -> Marks | None:
    """The points that count; None where the picture has none of known place."""
    points, levels = truth.points, truth.visible
    if points is None or points.numel() == 0:
        return None
    if levels is None:
        levels = torch.full(points.shape[:-1], VISIBLE, dtype=torch.uint8)
    if points.ndim == 3:
        row = 0 if truth.boxes is None else int(areas(truth.boxes).argmax())
        points, levels = points[row], levels[row]
    known = levels >= KNOWN
    return Marks(points.float(), known, levels >= VISIBLE) if bool(known.any()) else None


def count_points(truths: Sequence[Truth]) -> int:
    """How many points a picture has; 0 where no picture has any."""
    return max((truth.points.shape[-2] for truth in truths if truth.points is not None), default=0)


def targets(truths: Sequence[Truth], size_hw: tuple[int, int], count: int) -> Targets:
    """Places and flags of every picture.

    Args:
        truths: in pixels of pictures of `size_hw`.
        size_hw: height and width.
        count: points of each picture.
    """
    pictures = len(truths)
    points = torch.zeros(pictures, count, 2)
    known, visible = (torch.zeros(pictures, count, dtype=torch.bool) for _ in range(2))
    present = torch.zeros(pictures, dtype=torch.bool)
    sides = torch.tensor([size_hw[1], size_hw[0]])
    for row, truth in enumerate(truths):
        marks = marks_of(truth)
        if marks is not None:
            points[row], known[row], visible[row] = (one.cpu() for one in marks)
            points[row] /= sides
            present[row] = True
    return Targets(points, known, visible, present)
