"""Truths with what a data set reads later: masks stand in files of their own, or are drawn from polygons.

`Item.truth` has none of that, as all masks of a data set together may not fit into memory at full size. Who
needs them asks here, row by row; the store keeps them at the size of the input.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from torch import Tensor

from striate.data.dataset import BadPicture, Dataset
from striate.data.sample import Truth

LATER = "masks"


@runtime_checkable
class Masked(Protocol):
    """A data set that reads masks when they are asked for."""

    def has_masks(self, row: int) -> bool:
        """Whether there are masks of a picture; they are not looked at."""
        ...

    def masks(self, row: int) -> Tensor | None:
        """(N, H, W) of the boxes, or (H, W) class indices; None without. Raises BadPicture."""
        ...


def has_truth(dataset: Dataset, row: int, names: Sequence[str]) -> bool:
    """Whether all of these fields of `Truth` are known of a picture, or can be read. Nothing is read."""
    truth = dataset.items[row].truth
    at_once = [name for name in names if name != LATER or truth.masks is not None]
    if not truth.has(at_once):
        return False
    return len(at_once) == len(names) or (isinstance(dataset, Masked) and dataset.has_masks(row))


def whole_truth(
    dataset: Dataset, row: int, names: Sequence[str], size_hw: tuple[int, int] | None = None
) -> Truth:
    """What is known of a picture, with its masks where `names` asks for them.

    Args:
        dataset: its items say all else.
        row: of the picture.
        names: fields of `Truth`.
        size_hw: of the picture, if it is known: masks of another size are refused.

    Raises:
        BadPicture: its masks are damaged.
    """
    truth = dataset.items[row].truth
    if LATER not in names or truth.masks is not None or not isinstance(dataset, Masked):
        return truth
    masks = dataset.masks(row)
    if masks is not None and size_hw is not None and tuple(masks.shape[-2:]) != size_hw:
        (height, width), (high, wide) = masks.shape[-2:], size_hw
        raise BadPicture(f"its masks have {width} x {height} pixels, the picture has {wide} x {high}")
    return replace(truth, masks=masks)
