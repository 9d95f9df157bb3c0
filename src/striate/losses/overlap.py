"""What boxes lack of lying on each other: one less their generalised IoU, whatever their size.

A squared error of corners forgives small boxes what it does not forgive large ones.

Source: Rezatofighi et al., "Generalized Intersection over Union: A Metric and a Loss for Bounding Box
Regression", CVPR 2019, equation 3 and algorithm 2, arXiv:1902.09630
"""

from jaxtyping import Float
from torch import Tensor

from striate.ops.boxes import paired_giou
from striate.shapes import Boxes


def lack_of_overlap(boxes: Boxes, truths: Boxes) -> Float[Tensor, " N"]:
    """1 - GIoU of each box with the true one of the same row: 0 where they are the same, 2 at most.

    Args:
        boxes: (x1, y1, x2, y2) in float32; one of no size has a gradient towards the truth all the same.
        truths: as `boxes`, in the same unit.
    """
    return 1 - paired_giou(boxes, truths)
