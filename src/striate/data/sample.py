"""What moves through training: a picture together with its truth, and a batch of them.

Every field but the picture is optional, and a task reads the ones it needs: a classifier `label`; a detector
`boxes` and `box_labels`; a segmenter `masks`; landmarks `points` and `visible`; a captioner `caption`.
Pairs and triplets (faces) are not a kind of sample: `label` is the identity, and the step forms the pairs
inside a batch.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

from striate.shapes import Boxes, Picture


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known about one picture. Boxes and points are in its pixels and move with them.

    Attributes:
        label: its class.
        boxes: (x1, y1, x2, y2), corners between pixels: a box of the whole picture is (0, 0, W, H).
        box_labels: the class of each box.
        crowd: boxes around several objects that nobody counted (COCO's `iscrowd`).
        difficult: boxes that an evaluation leaves out (VOC's `difficult`).
        masks: (H, W) class indices, 255 where nothing is known, or (N, H, W) whether a pixel is of an object.
        points: x and y, (P, 2) of the picture or (N, P, 2) of each box; what is not visible is anything.
        visible: of each point, as in COCO: 0 not known, 1 hidden, 2 visible; None is all visible.
        caption: a sentence.
    """

    label: int | None = None
    boxes: Boxes | None = None
    box_labels: Int64[Tensor, " N"] | None = None
    crowd: Bool[Tensor, " N"] | None = None
    difficult: Bool[Tensor, " N"] | None = None
    masks: UInt8[Tensor, "H W"] | Bool[Tensor, "N H W"] | None = None
    points: Float[Tensor, "*N P 2"] | None = None
    visible: UInt8[Tensor, "*N P"] | None = None
    caption: str | None = None


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


@dataclass(slots=True)
class Batch:
    """Pictures of one size with their truths; `len` is the number of pictures.

    Not frozen: Fabric moves a batch to its device field by field and refuses frozen dataclasses.

    Attributes:
        pictures: (B, C, H, W), values 0 to 255, 8 bit or float. The step normalises them.
        rows: (B,) the pictures' positions in the data set.
        labels: (B,) class of each picture, for tasks that have one.
        truths: the whole truths, for tasks that need more than a label.
        mixed: the partners' labels, where augmentation mixed pictures.
    """

    pictures: Tensor
    rows: Int64[Tensor, " B"]
    labels: Int64[Tensor, " B"] | None = None
    truths: tuple[Truth, ...] = ()
    mixed: Mixed | None = None

    def __len__(self) -> int:
        return self.pictures.shape[0]

    def to(self, device: torch.device) -> "Batch":
        """The batch with its tensors on `device`."""
        labels = None if self.labels is None else self.labels.to(device)
        mixed = None if self.mixed is None else self.mixed.to(device)
        return Batch(self.pictures.to(device), self.rows.to(device), labels, self.truths, mixed)
