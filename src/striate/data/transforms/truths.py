"""Boxes, masks and points move with their pixels: one matrix moves all of a truth.

A matrix (2, 3) says where a place of the input, in pixels with corners at whole numbers, comes to lie in the
output: x' = a x + b y + c. `pixel_matrix` makes one of what augmentation reads pixels through.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from striate.data.sample import Truth
from striate.ops.boxes import areas
from striate.ops.masks import boxes_of_masks
from striate.preprocess.placement import NOTHING_KNOWN, Placement
from striate.shapes import Boxes

LEAST_KEPT = 0.25  # share of an object's box that must stay in the picture; what has less is left out

Matrix = Float[Tensor, "2 3"]


@dataclass(frozen=True, slots=True)
class Moving:
    """What happens to truths at the edge and in the mirror.

    Attributes:
        least_kept: share of an object's box that must stay in the picture.
        flip_pairs: points that change places in a mirror, as the left and the right eye.
        mirror: whether a mirror image has a truth at all: "left of the tree" and signs have none.
    """

    least_kept: float = LEAST_KEPT
    flip_pairs: Sequence[tuple[int, int]] = ()
    mirror: bool = True


USUAL = Moving()


def pixel_matrix(read: Matrix, input_hw: tuple[int, int], output_hw: tuple[int, int]) -> Matrix:
    """Where places of the input go, from one of `Augmentation.matrices`: where output pixels are read.

    Args:
        read: from output to input, both in coordinates from -1 to 1.
        input_hw: size of what is read.
        output_hw: size of what is seen.
    """
    whole = torch.eye(3, dtype=torch.float64)
    whole[:2] = read.double()
    (height, width), (tall, wide) = input_hw, output_hw
    to_unit = torch.tensor([[2 / wide, 0, -1], [0, 2 / tall, -1], [0, 0, 1]], dtype=torch.float64)
    from_unit = torch.tensor(
        [[width / 2, 0, width / 2], [0, height / 2, height / 2], [0, 0, 1]], dtype=torch.float64
    )
    forward: Tensor = torch.linalg.inv(from_unit @ whole @ to_unit)
    return forward[:2]


def moved_truth(
    truth: Truth,
    matrix: Matrix,
    output_hw: tuple[int, int],
    moving: Moving = USUAL,
) -> Truth:
    """The truth of a picture whose pixels moved.

    Boxes are clipped to the picture, and objects of which less than `moving.least_kept` is left are left
    out, with their masks and points. Under a rotation a box is that of its moved mask if it has one, else it
    is around its moved corners, and so larger than the object. Points that leave the picture are no longer
    visible.

    Args:
        truth: in pixels of the input.
        matrix: where they go.
        output_hw: size of the output.
        moving: what happens at the edge and in a mirror.
    """
    masks = None if truth.masks is None else moved_masks(truth.masks, matrix, output_hw)
    classes = None if truth.class_map is None else moved_masks(truth.class_map, matrix, output_hw)
    points, visible = _moved_points(truth, matrix, output_hw, moving.flip_pairs)
    moved = replace(truth, masks=masks, class_map=classes, points=points, visible=visible)
    if truth.boxes is None:
        return moved
    boxes, kept = moved_boxes(truth.boxes, matrix, output_hw)
    if masks is not None and not _upright(matrix):
        boxes = boxes_of_masks(masks).to(boxes)
        kept = _share(truth.masks, masks, matrix)
    return replace(moved, boxes=boxes).of_some(kept >= moving.least_kept)


def placed_truth(truth: Truth, placement: Placement) -> Truth:
    """The truth of a user's picture in the pixels of an input; what a crop cuts off is left out."""
    (height, width), (tall, wide) = placement.picture_hw, placement.inner_hw
    left, top = placement.offset_xy
    matrix = torch.tensor([[wide / width, 0, left], [0, tall / height, top]], dtype=torch.float64)
    return moved_truth(truth, matrix, placement.input_hw)


def moved_points(points: Float[Tensor, "*N 2"], matrix: Matrix) -> Float[Tensor, "*N 2"]:
    """Points where their pixels go; they may lie outside."""
    matrix = matrix.to(torch.float64)
    return (points.double() @ matrix[:, :2].T + matrix[:, 2]).to(points.dtype)


def moved_boxes(
    boxes: Boxes, matrix: Matrix, output_hw: tuple[int, int]
) -> tuple[Boxes, Float[Tensor, " N"]]:
    """Upright boxes around the moved corners, clipped to the output, and the share that is left of each."""
    height, width = output_hw
    corners = moved_points(boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2), matrix)
    whole = torch.cat([corners.amin(dim=1), corners.amax(dim=1)], dim=1)
    clipped = whole.clamp(min=0).minimum(whole.new_tensor([width, height, width, height]))
    return clipped, areas(clipped) / areas(whole).clamp(min=1e-9)


def moved_masks(
    masks: Shaped[Tensor, "*N H W"], matrix: Matrix, output_hw: tuple[int, int]
) -> Shaped[Tensor, "*N h w"]:
    """Masks, or a map of classes, at the middles of the output's pixels: nothing is mixed.

    Beyond the input is nothing; 255 in a map.
    """
    height, width = output_hw
    whole = torch.eye(3, dtype=torch.float64)
    whole[:2] = matrix
    back = torch.linalg.inv(whole)
    xs, ys = torch.arange(width, dtype=torch.float64) + 0.5, torch.arange(height, dtype=torch.float64) + 0.5
    read_x = back[0, 0] * xs + back[0, 1] * ys[:, None] + back[0, 2]
    read_y = back[1, 0] * xs + back[1, 1] * ys[:, None] + back[1, 2]
    tall, wide = masks.shape[-2:]
    inside = (read_x >= 0) & (read_x < wide) & (read_y >= 0) & (read_y < tall)
    rows, columns = read_y.long().clamp(0, tall - 1), read_x.long().clamp(0, wide - 1)
    beyond = False if masks.dtype == torch.bool else NOTHING_KNOWN
    return masks[..., rows, columns].masked_fill(~inside, beyond)


def _moved_points(
    truth: Truth, matrix: Matrix, output_hw: tuple[int, int], flip_pairs: Sequence[tuple[int, int]]
) -> tuple[Tensor | None, Tensor | None]:
    if truth.points is None:
        return None, None
    points = moved_points(truth.points, matrix)
    visible = truth.visible
    if visible is None:
        visible = torch.full(points.shape[:-1], 2, dtype=torch.uint8)
    inside = ((points >= 0) & (points <= points.new_tensor([output_hw[1], output_hw[0]]))).all(dim=-1)
    visible = visible * inside
    if flip_pairs and matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0] < 0:
        order = list(range(points.shape[-2]))
        for one, other in flip_pairs:
            order[one], order[other] = order[other], order[one]
        points, visible = points[..., order, :], visible[..., order]
    return points, visible


def _upright(matrix: Matrix) -> bool:
    return bool(matrix[0, 1] == 0 and matrix[1, 0] == 0)


def _share(before: Tensor | None, after: Tensor, matrix: Matrix) -> Float[Tensor, " N"]:
    """Of each mask, how much is left of what it would have if nothing were cut off."""
    if before is None:
        return torch.ones(len(after))
    scale = float((matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]).abs())
    whole = before.sum(dim=(1, 2)) * scale
    return after.sum(dim=(1, 2)) / whole.clamp(min=1e-9)
