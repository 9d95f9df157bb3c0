"""Truths with what a data set reads later: masks stand in files of their own, or are drawn from polygons.

`Item.truth` has none of that, as all masks of a data set together may not fit into memory at full size. Who
needs them asks here, row by row; the store keeps them at the size of the input.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from torch import Tensor

from striate.data.dataset import BadPicture, Dataset
from striate.data.in_threads import in_threads
from striate.data.loading import known_of
from striate.data.sample import Known, Truth
from striate.data.scan import Scan
from striate.preprocess.preprocessing import Preprocessing

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


def known_in(
    dataset: Dataset, found: Scan, names: Sequence[str], preprocessing: Preprocessing
) -> tuple[Known, Scan]:
    """What is known of all pictures as it lies in the input, and the scan with damaged masks as problems.

    Args:
        dataset: whose pictures were scanned.
        found: their sizes.
        names: fields of `Truth` that are needed.
        preprocessing: brings pictures to the input.
    """
    problems: dict[int, str] = {}

    def read(row: int, _: threading.Event) -> Truth | BadPicture:
        size_hw = found.rows[row].size_hw
        try:
            return whole_truth(dataset, row, names if min(size_hw) > 0 else (), size_hw)
        except BadPicture as error:
            return error

    def truths() -> Iterator[Truth]:
        for row, one in enumerate(in_threads(read, range(len(dataset.items)))):
            if isinstance(one, BadPicture):
                problems[row] = str(one)
            yield dataset.items[row].truth if isinstance(one, BadPicture) else one

    sizes = [row.size_hw for row in found.rows]
    if LATER not in names:
        return known_of([item.truth for item in dataset.items], sizes, preprocessing), found
    known = known_of(truths(), sizes, preprocessing)
    rows = tuple(replace(one, problem=one.problem or problems.get(row)) for row, one in enumerate(found.rows))
    return known, replace(found, rows=rows)
