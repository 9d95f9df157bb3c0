"""Truths with the class numbers of another data set: `evaluate RUN OTHER` matches classes by name."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from striate.data.sample import Truth
from striate.preprocess.placement import NOTHING_KNOWN


def renumbered(truth: Truth, places: Sequence[int | None], needed: Sequence[str]) -> Truth | None:
    """The truth with every class number replaced; None where something needed is of a class without one.

    Pixels of such a class are of an unknown one (255). Labels that nobody needs are left out there.

    Args:
        truth: of a picture.
        places: the new number of each class, None where it has none.
        needed: the fields that are measured.
    """
    label = None if truth.label is None else places[truth.label]
    boxes = None if truth.box_labels is None else _each(truth.box_labels, places)
    if "label" in needed and label is None:
        return None
    if "box_labels" in needed and boxes is None:
        return None
    classes = None if truth.class_map is None else _every_pixel(truth.class_map, places)
    return replace(truth, label=label, box_labels=boxes, class_map=classes)


def _each(labels: Int64[Tensor, " N"], places: Sequence[int | None]) -> Int64[Tensor, " N"] | None:
    found = [places[label] for label in labels.tolist()]
    known = [place for place in found if place is not None]
    return torch.tensor(known, dtype=torch.int64) if len(known) == len(found) else None


def _every_pixel(classes: UInt8[Tensor, "H W"], places: Sequence[int | None]) -> UInt8[Tensor, "H W"]:
    table = torch.full((256,), NOTHING_KNOWN, dtype=torch.uint8)
    for label, place in enumerate(places[:NOTHING_KNOWN]):
        table[label] = NOTHING_KNOWN if place is None else place
    return table[classes.long()]
