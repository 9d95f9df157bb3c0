"""Boxes (x1, y1, x2, y2), corners between pixels: what they have in common, and their other form."""

import torch
from jaxtyping import Float
from torch import Tensor

from striate.shapes import Boxes


def areas(boxes: Boxes) -> Float[Tensor, " N"]:
    """Pixels in each box; 0 where x2 <= x1 or y2 <= y1."""
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(dim=1)


def paired_iou(a: Boxes, b: Boxes) -> Float[Tensor, " N"]:
    """Intersection over union of each box in `a` with the box of the same row in `b`.

    Args:
        a: boxes (x1, y1, x2, y2) of one unit, pixels or shares.
        b: as `a`.

    Returns:
        Values in [0, 1]; touching boxes score 0, and so do two without area.
    """
    shared = (a[:, 2:].minimum(b[:, 2:]) - a[:, :2].maximum(b[:, :2])).clamp(min=0).prod(dim=1)
    union = areas(a) + areas(b) - shared
    return shared / union.clamp(min=1e-12)


def paired_giou(a: Boxes, b: Boxes) -> Float[Tensor, " N"]:
    """Generalised IoU of boxes of the same row: their IoU less the empty share of the frame around both.

    Values in (-1, 1]; of boxes that do not touch the frame says how far away they are.

    Source: Rezatofighi et al., CVPR 2019, algorithm 1, arXiv:1902.09630
    """
    corners = torch.cat([a[:, :2].minimum(b[:, :2]), a[:, 2:].maximum(b[:, 2:])], dim=1)
    iou, frame = paired_iou(a, b), areas(corners)
    shared = (a[:, 2:].minimum(b[:, 2:]) - a[:, :2].maximum(b[:, :2])).clamp(min=0).prod(dim=1)
    return iou - (frame - (areas(a) + areas(b) - shared)) / frame.clamp(min=1e-12)


def to_middles(boxes: Boxes, size_hw: tuple[int, int]) -> Float[Tensor, "N 4"]:
    """(b_x, b_y, b_h, b_w): middle, height and width as shares of a picture of this size."""
    height, width = size_hw
    shares = boxes / boxes.new_tensor([width, height, width, height])
    middles, sides = (shares[:, :2] + shares[:, 2:]) / 2, shares[:, 2:] - shares[:, :2]
    return torch.stack([middles[:, 0], middles[:, 1], sides[:, 1], sides[:, 0]], dim=1)


def from_middles(middles: Float[Tensor, "N 4"], size_hw: tuple[int, int]) -> Boxes:
    """The boxes of (b_x, b_y, b_h, b_w) in the pixels of a picture; negative heights and widths are 0."""
    height, width = size_hw
    x, y = middles[:, 0], middles[:, 1]
    half_h, half_w = middles[:, 2].clamp(min=0) / 2, middles[:, 3].clamp(min=0) / 2
    boxes = torch.stack([x - half_w, y - half_h, x + half_w, y + half_h], dim=1)
    return boxes * boxes.new_tensor([width, height, width, height])
