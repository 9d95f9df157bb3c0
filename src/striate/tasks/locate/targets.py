"""What a localiser should say of a picture: its largest object, or that there is none."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from striate.data.sample import Truth
from striate.losses.localisation import FIRST_CLASS
from striate.ops.boxes import areas, to_middles


class Object(NamedTuple):
    """The one object of a picture: (x1, y1, x2, y2) in its pixels, and its class."""

    box: Float[Tensor, " 4"]
    label: int


def main_object(truth: Truth) -> Object | None:
    """The largest object, boxes around crowds aside; of equal ones the first."""
    if truth.boxes is None or truth.box_labels is None:
        return None
    sizes = areas(truth.boxes)
    if truth.crowd is not None:
        sizes = sizes * ~truth.crowd
    if not len(sizes) or float(sizes.max()) <= 0:
        return None
    row = int(sizes.argmax())
    return Object(truth.boxes[row], int(truth.box_labels[row]))


def several(truth: Truth) -> bool:
    """Whether a picture has more objects than the one that counts."""
    return truth.boxes is not None and len(truth.boxes) > 1


def targets(truths: Sequence[Truth], size_hw: tuple[int, int], classes: int) -> Float[Tensor, "B M"]:
    """(p_c, b_x, b_y, b_h, b_w, c_1, ..., c_K) of every picture; zeros where it has no object.

    Args:
        truths: in pixels of pictures of `size_hw`.
        size_hw: height and width.
        classes: K.
    """
    rows = torch.zeros(len(truths), FIRST_CLASS + classes)
    for row, truth in zip(rows, truths, strict=True):
        found = main_object(truth)
        if found is not None:
            row[0] = row[FIRST_CLASS + found.label] = 1.0
            row[1:FIRST_CLASS] = to_middles(found.box[None].to(rows), size_hw)[0]
    return rows
