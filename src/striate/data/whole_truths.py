"""Truths with what a data set reads later: masks stand in files of their own, or are drawn from polygons.

`Item.truth` has none of that, as all masks of a data set together may not fit into memory at full size. Who
needs them asks here, row by row; the store keeps them at the size of the input.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from striate.data.dataset import BadPicture, Dataset
from striate.data.sample import Truth

# Fields of `Truth` that are as large as the picture, and what they are called where their size is wrong.
LATER = {"masks": "masks", "class_map": "map of classes"}

# What people are told that a data set has, or a task learns from.
TRUTH_WORDS = {
    "label": "classes of whole pictures",
    "boxes": "boxes",
    "box_labels": "classes of boxes",
    "masks": "masks",
    "class_map": "maps of classes",
    "points": "landmarks",
    "captions": "captions",
}


@runtime_checkable
class ReadsLater(Protocol):
    """A data set that reads some fields of its truths when they are asked for."""

    def has_later(self, row: int, name: str) -> bool:
        """Whether a field of `LATER` is known of a picture; it is not looked at."""
        ...

    def later(self, row: int, name: str) -> Tensor | None:
        """A field of `LATER` in the pixels of the picture; None without. Raises BadPicture."""
        ...

    def later_content(self, row: int) -> bytes:
        """The bytes that identify all such fields of a picture; empty without. Raises BadPicture."""
        ...


def has_truth(dataset: Dataset, row: int, names: Sequence[str]) -> bool:
    """Whether all of these fields of `Truth` are known of a picture, or can be read. Nothing is read."""
    truth = dataset.items[row].truth
    missing = [name for name in names if getattr(truth, name) is None]
    if not missing:
        return True
    return isinstance(dataset, ReadsLater) and all(
        name in LATER and dataset.has_later(row, name) for name in missing
    )


def whole_truth(
    dataset: Dataset, row: int, names: Sequence[str], size_hw: tuple[int, int] | None = None
) -> Truth:
    """What is known of a picture, with those fields that are read later where `names` asks for them.

    Args:
        dataset: its items say all else.
        row: of the picture.
        names: fields of `Truth`.
        size_hw: of the picture, if it is known: masks of another size are refused.

    Raises:
        BadPicture: its masks are damaged.
    """
    truth = dataset.items[row].truth
    wanted = [name for name in names if name in LATER and getattr(truth, name) is None]
    if not wanted or not isinstance(dataset, ReadsLater):
        return truth
    found: dict[str, Any] = {}
    for name in wanted:
        found[name] = values = dataset.later(row, name)
        if values is not None and size_hw is not None and tuple(values.shape[-2:]) != size_hw:
            (height, width), (high, wide) = values.shape[-2:], size_hw
            verb = "have" if name == "masks" else "has"
            raise BadPicture(
                f"its {LATER[name]} {verb} {width} x {height} pixels, the picture has {wide} x {high}"
            )
    return replace(truth, **found)
