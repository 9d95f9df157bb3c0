"""Masks of objects: what can be read off them."""

import torch
from jaxtyping import Bool
from torch import Tensor

from striate.shapes import Boxes


def boxes_of_masks(masks: Bool[Tensor, "N H W"]) -> Boxes:
    """(x1, y1, x2, y2) around the pixels of each mask, half-open; zeros where a mask is empty."""
    boxes = torch.zeros((len(masks), 4), device=masks.device)
    for box, mask in zip(boxes, masks, strict=True):
        rows, columns = mask.any(dim=1).nonzero()[:, 0], mask.any(dim=0).nonzero()[:, 0]
        if len(rows):
            box[:] = torch.stack([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
    return boxes
