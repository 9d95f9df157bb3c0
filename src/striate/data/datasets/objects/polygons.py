"""The pixels of a polygon by COCO's rules, so that masks are those that pycocotools evaluates, to the pixel.

The outline is walked on a grid that is five times finer than the pixels. In every column of pixels the walk's
steps across the column's middle are noted: from each of them down, inside and outside change places.

Source: pycocotools, common/maskApi.c (rleFrPoly), for the grid and the roundings.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool

FINER = 5
MIDDLE = FINER // 2  # of a pixel, on the fine grid
MOST_STEPS = 20_000_000  # of a walk: the outline of the largest picture that is read, a hundred times

Steps = npt.NDArray[np.int64]


def filled(polygon: Sequence[float | int], size_hw: tuple[int, int]) -> Bool[np.ndarray, "H W"]:
    """The mask of a polygon. Where its outline crosses itself, inside and outside change places.

    Args:
        polygon: x and y of one corner after the other, between pixels; they may lie outside the picture.
        size_hw: of the picture.

    Raises:
        ValueError: it has fewer than three corners, or not of finite numbers, or is far too long.
    """
    corners = np.array(polygon[: len(polygon) // 2 * 2], dtype=np.float64).reshape(-1, 2)
    if len(corners) < 3 or len(polygon) % 2 or not np.isfinite(corners).all():
        raise ValueError("a polygon needs three corners that are numbers")
    if np.abs(corners).max() > MOST_STEPS:
        raise ValueError("a polygon reaches too far outside its picture")
    height, width = size_hw
    columns, rows = _crossings(*_walk((FINER * corners + 0.5).astype(np.int64)))
    inside = (columns >= 0) & (columns < width)
    mask = np.zeros((width, height), dtype=bool)
    if inside.any():
        first, last = int(columns[inside].min()), int(columns[inside].max()) + 1
        places = (columns[inside] - first) * height + rows[inside].clip(0, height)
        found, times = np.unique(places, return_counts=True)
        changes = np.zeros((last - first) * height + 1, dtype=bool)  # the last place is below the picture
        changes[found] = times % 2 == 1
        mask[first:last] = np.logical_xor.accumulate(changes)[:-1].reshape(-1, height)
    return mask.T


def _walk(corners: Steps) -> tuple[Steps, Steps]:
    """x and y of every step along the closed outline, both ends of each edge included.

    An edge goes one step at a time along its longer direction, always upwards in that one, as rounding the
    other coordinate depends on it; what was walked backwards is turned round.
    """
    ends = np.roll(corners, -1, axis=0)
    across, down = np.abs(ends - corners).T
    flat = across >= down
    backwards = np.where(flat, corners[:, 0] > ends[:, 0], corners[:, 1] > ends[:, 1])
    begin, end = np.where(backwards[:, None], (ends, corners), (corners, ends))
    length = np.maximum(across, down)
    if length.sum() > MOST_STEPS:
        raise ValueError("a polygon reaches too far outside its picture")
    run = np.where(flat, end[:, 1] - begin[:, 1], end[:, 0] - begin[:, 0])
    slope = run / np.maximum(length, 1)
    edge = np.repeat(np.arange(len(corners)), length + 1)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(length + 1) - length - 1, length + 1)
    step = np.where(backwards[edge], length[edge] - step, step)
    beside = np.where(flat, begin[:, 1], begin[:, 0])[edge]
    beside = (beside + slope[edge] * step + 0.5).astype(np.int64)
    along = np.where(flat, begin[:, 0], begin[:, 1])[edge] + step
    return np.where(flat[edge], along, beside), np.where(flat[edge], beside, along)


def _crossings(x: Steps, y: Steps) -> tuple[Steps, Steps]:
    """Columns whose middle the walk crosses, and for each the first row below; rows may lie outside."""
    moved = x[1:] != x[:-1]
    left = np.where(x[1:] < x[:-1], x[1:], x[1:] - 1)[moved]
    above = np.minimum(y[1:], y[:-1])[moved]
    middles = left % FINER == MIDDLE
    return left[middles] // FINER, (above[middles] + MIDDLE) // FINER
