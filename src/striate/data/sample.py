"""What moves through training: a picture together with its truth, and a batch of them.

Every field but the picture is optional, and a task reads the ones it needs: a classifier `label`; a detector
`boxes` and `box_labels`; a segmenter `class_map` or `masks`; landmarks `points` and `visible`; a captioner
`captions`.
Pairs and triplets (faces) are not a kind of sample: `label` is the identity, and the step forms the pairs
inside a batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

from striate.preprocess.placement import Placement
from striate.shapes import Boxes, Picture

OBJECTS = "axes where there is one entry an object"  # what leaves the picture takes its entries with it


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known about one picture. Boxes and points are in its pixels and move with them.

    Attributes:
        label: its class.
        boxes: (x1, y1, x2, y2), corners between pixels: a box of the whole picture is (0, 0, W, H).
        box_labels: the class of each box.
        crowd: boxes around several objects that nobody counted (COCO's `iscrowd`).
        difficult: boxes that an evaluation leaves out (VOC's `difficult`).
        masks: of each box, whether a pixel is of its object.
        class_map: of each pixel its class, an index of the data set's classes; 255 where nothing is known.
        points: x and y, (P, 2) of the picture or (N, P, 2) of each box; what is not visible is anything.
        visible: of each point, as in COCO: 0 not known, 1 hidden, 2 visible; None is all visible.
        captions: sentences, each of the whole picture; at least one.
    """

    label: int | None = None
    boxes: Boxes | None = field(default=None, metadata={OBJECTS: 2})
    box_labels: Int64[Tensor, " N"] | None = field(default=None, metadata={OBJECTS: 1})
    crowd: Bool[Tensor, " N"] | None = field(default=None, metadata={OBJECTS: 1})
    difficult: Bool[Tensor, " N"] | None = field(default=None, metadata={OBJECTS: 1})
    masks: Bool[Tensor, "N H W"] | None = field(default=None, metadata={OBJECTS: 3})
    class_map: UInt8[Tensor, "H W"] | None = None
    points: Float[Tensor, "*N P 2"] | None = field(default=None, metadata={OBJECTS: 3})
    visible: UInt8[Tensor, "*N P"] | None = field(default=None, metadata={OBJECTS: 2})
    captions: tuple[str, ...] | None = None

    def has(self, names: Sequence[str]) -> bool:
        """Whether all of these fields are known."""
        return all(getattr(self, name) is not None for name in names)

    def of_some(self, kept: Bool[Tensor, " N"]) -> "Truth":
        """The truth with some of its objects."""
        fewer: dict[str, Any] = {}
        for one in fields(self):
            value, axes = getattr(self, one.name), one.metadata.get(OBJECTS)
            if isinstance(value, Tensor) and value.ndim == axes and len(value) == len(kept):
                fewer[one.name] = value[kept]
        return replace(self, **fewer)

    def to(self, device: torch.device) -> "Truth":
        """The same with its tensors on `device`."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        moved: dict[str, Any] = {k: v.to(device) for k, v in values.items() if isinstance(v, Tensor)}
        return replace(self, **moved)


@dataclass(frozen=True, slots=True)
class Sample:
    """One decoded picture, the name it is known by in its data set, and its truth."""

    name: str
    picture: Picture
    truth: Truth


@dataclass(slots=True)
class Mixed:
    """The second truth of pictures that were mixed with partners.

    Attributes:
        labels: (B,) class of each picture's partner.
        weights: (B,) share of the picture's own label, in [0, 1]; the partner's has the rest.
    """

    labels: Int64[Tensor, " B"]
    weights: Float[Tensor, " B"]

    def to(self, device: torch.device) -> "Mixed":
        """The same on `device`."""
        return Mixed(self.labels.to(device), self.weights.to(device))

    def picked(self, places: Sequence[int]) -> "Mixed":
        """Those of some pictures."""
        return Mixed(self.labels[list(places)], self.weights[list(places)])


class Known:
    """What is known of a batch's pictures beside their labels, each in the pictures' order.

    Not a dataclass: Fabric looks into those and refuses the frozen ones in them.

    Attributes:
        truths: in pixels of the input.
        sizes_hw: of the user's pictures.
        placements: where each picture lay in the input, before augmentation moved it.
    """

    __slots__ = ("placements", "sizes_hw", "truths")

    def __init__(
        self,
        truths: tuple[Truth, ...] = (),
        sizes_hw: tuple[tuple[int, int], ...] = (),
        placements: tuple[Placement, ...] = (),
    ) -> None:
        self.truths, self.sizes_hw, self.placements = truths, sizes_hw, placements

    def to(self, device: torch.device) -> "Known":
        """The same with the truths' tensors on `device`."""
        return Known(tuple(truth.to(device) for truth in self.truths), self.sizes_hw, self.placements)

    def with_truths(self, truths: tuple[Truth, ...]) -> "Known":
        """The same with truths that moved."""
        return Known(truths, self.sizes_hw, self.placements)

    def picked(self, places: Sequence[int]) -> "Known":
        """What is known of some pictures."""
        if not self.truths:
            return self
        truths, sizes, placements = self.truths, self.sizes_hw, self.placements
        return Known(
            tuple(truths[at] for at in places),
            tuple(sizes[at] for at in places),
            tuple(placements[at] for at in places),
        )


NOTHING_MORE = Known()


@dataclass(slots=True)
class Batch:
    """Pictures of one size with their truths; `len` is the number of pictures.

    Not frozen: Fabric moves a batch to its device field by field and refuses frozen dataclasses.

    Attributes:
        pictures: (B, C, H, W), values 0 to 255, 8 bit or float. The step normalises them.
        rows: (B,) the pictures' positions in the data set.
        labels: (B,) class of each picture, for tasks that have one.
        known: whole truths, sizes and placements, for tasks that need more than a label.
        mixed: the partners' labels, where augmentation mixed pictures.
    """

    pictures: Tensor
    rows: Int64[Tensor, " B"]
    labels: Int64[Tensor, " B"] | None = None
    known: Known = NOTHING_MORE
    mixed: Mixed | None = None

    def __len__(self) -> int:
        return self.pictures.shape[0]

    @property
    def truths(self) -> tuple[Truth, ...]:
        """The pictures' truths in pixels of the input; empty where labels say all."""
        return self.known.truths

    @property
    def sizes_hw(self) -> tuple[tuple[int, int], ...]:
        """Height and width of each of the user's pictures; empty where labels say all."""
        return self.known.sizes_hw

    @property
    def placements(self) -> tuple[Placement, ...]:
        """Where each picture lay in the input before augmentation; empty where labels say all."""
        return self.known.placements

    def picked(self, places: Sequence[int]) -> "Batch":
        """Some of the pictures with all that is known of them; one may come again."""
        where = list(places)
        labels = None if self.labels is None else self.labels[where]
        mixed = None if self.mixed is None else self.mixed.picked(where)
        return Batch(self.pictures[where], self.rows[where], labels, self.known.picked(where), mixed)

    def to(self, device: torch.device) -> "Batch":
        """The batch with its tensors on `device`."""
        labels = None if self.labels is None else self.labels.to(device)
        mixed = None if self.mixed is None else self.mixed.to(device)
        return Batch(self.pictures.to(device), self.rows.to(device), labels, self.known.to(device), mixed)
