"""Data sets whose pictures have objects: boxes, and where a format has them masks and key points.

A reader gives what its files say (`Annotated`). What can be wrong with a box is decided here, once for every
format, by a function that only looks at numbers; each problem names the file and the line or the number.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from striate.data.dataset import Dataset, Item, Part, Problem
from striate.data.datasets.listed_files import ListedFiles
from striate.data.paths.files import natural
from striate.data.sample import Sample, Truth
from striate.data.whole_truths import LATER, whole_truth

Number = float | int
Box = tuple[Number, Number, Number, Number]
KeyPoint = tuple[float, float, int]  # x, y, and COCO's visibility
MOST_OBJECTS = 20_000_000  # of a data set


@dataclass(frozen=True, slots=True)
class Marked:
    """One object as a file has it.

    Attributes:
        box: (x1, y1, x2, y2), corners between pixels, whatever the format's own convention is.
        label: name of its class.
        where: file, and line or number, for people.
        crowd: COCO's `iscrowd`.
        difficult: VOC's `difficult`.
        points: its key points.
    """

    box: Box
    label: str
    where: str
    crowd: bool = False
    difficult: bool = False
    points: tuple[KeyPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotated:
    """One picture as its files have it.

    Attributes:
        image: its path, relative to the folder of the data set.
        objects: none is a valid answer: a picture without objects.
        part: where its author put it.
        size_hw: of the picture as the annotation says, None if it does not.
        points: landmarks of the whole picture.
        label: class of the whole picture.
    """

    image: str
    objects: tuple[Marked, ...] = ()
    part: Part | None = None
    size_hw: tuple[int, int] | None = None
    points: tuple[KeyPoint, ...] | None = None
    label: str | None = None


def box_problem(box: Box, size_hw: tuple[int, int] | None) -> str | None:
    """What is wrong with a box, None if nothing is; `size_hw` is its picture's, if that is known."""
    x1, y1, x2, y2 = box
    shown = f"({', '.join(f'{value:g}' for value in box)})"
    if not all(math.isfinite(value) for value in box):
        return f"the box {shown} is not made of numbers"
    if x2 < x1 or y2 < y1:
        return f"the box {shown} ends before it begins"
    if x2 == x1 or y2 == y1:
        return f"the box {shown} has no area"
    if x1 < 0 or y1 < 0:
        return f"the box {shown} reaches outside the picture"
    if size_hw is not None and (x2 > size_hw[1] or y2 > size_hw[0]):
        return f"the box {shown} reaches outside the picture of {size_hw[1]} x {size_hw[0]} pixels"
    return None


def clipped(box: Box, size_hw: tuple[int, int] | None) -> Box | None:
    """The part of a box that is in its picture; None if it is none, or no box."""
    height, width = size_hw or (math.inf, math.inf)
    if not all(math.isfinite(value) for value in box):
        return None
    x1, y1, x2, y2 = max(box[0], 0.0), max(box[1], 0.0), min(box[2], width), min(box[3], height)
    return (x1, y1, x2, y2) if x2 > x1 and y2 > y1 else None


def box_problems(picture: Annotated, size_hw: tuple[int, int] | None = None) -> list[Problem]:
    """What is wrong with the boxes of a picture, each with the file and the line that has it.

    Args:
        picture: as its file has it.
        size_hw: the real size, where it is known; else what the annotation says counts.
    """
    size = size_hw or picture.size_hw
    found = [(one.where, box_problem(one.box, size)) for one in picture.objects]
    problems = [Problem(where, reason) for where, reason in found if reason is not None]
    if size_hw is not None and picture.size_hw not in (None, size_hw):
        (h, w), (height, width) = picture.size_hw or (0, 0), size_hw
        turned = "; it is turned by its EXIF data" if (w, h) == (height, width) and h != w else ""
        told = f"the annotation says {w} x {h} pixels, the picture has {width} x {height}{turned}"
        problems.append(Problem(picture.image, told))
    return problems


def problems_seen(dataset: Dataset, sizes: Mapping[int, tuple[int, int]]) -> list[Problem]:
    """What is wrong with the boxes of a data set whose pictures were looked at; none without boxes.

    Args:
        dataset: of any kind.
        sizes: real (height, width) of the pictures by their row, where they could be read.
    """
    if not isinstance(dataset, ObjectFiles):
        return []
    return [
        problem for row, one in enumerate(dataset.annotated) for problem in box_problems(one, sizes.get(row))
    ]


class ObjectFiles(ListedFiles):
    """A data set of picture files with objects.

    Boxes that are none are left out of the truths, those that reach outside are clipped; `problems` names
    them all. `annotated` has everything as it was written.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        pictures: Sequence[Annotated],
        folder: Path,
        *,
        declared: Sequence[str] = (),
        notes: Sequence[str] = (),
        follow_links: bool = False,
    ) -> None:
        self.annotated = tuple(sorted(pictures, key=lambda one: natural(one.image)))
        used = {one.label for picture in self.annotated for one in picture.objects}
        used |= {picture.label for picture in self.annotated if picture.label is not None}
        # In the order of the declaration, which numbers of masks and of other tools follow.
        rest = sorted(used - set(declared), key=natural)
        classes = (*declared, *rest)
        labels = {name: at for at, name in enumerate(classes)}
        items = [Item(one.image, truth_of(one, labels), one.part) for one in self.annotated]
        super().__init__(path, kind, items, folder, classes=classes, notes=notes, follow_links=follow_links)
        self.problems = tuple(problem for one in self.annotated for problem in box_problems(one))

    def has_later(self, row: int, name: str) -> bool:  # noqa: ARG002 - of formats that have masks
        """Whether there are masks of item `row`, or a map of classes; they are not looked at."""
        return False

    def later(self, row: int, name: str) -> Tensor | None:  # noqa: ARG002 - of formats that have masks
        """Masks of the boxes of item `row`, or a map of classes; None without. Raises BadPicture."""
        return None

    def later_content(self, row: int) -> bytes:  # noqa: ARG002 - of formats that have masks
        """The bytes that identify the masks of item `row`; empty without."""
        return b""

    def sample(self, row: int) -> Sample:
        """The picture of item `row` with all of its truth. Raises BadPicture."""
        picture, _ = self.read(row)
        return Sample(self.items[row].name, picture, whole_truth(self, row, tuple(LATER)))


def kept_objects(picture: Annotated) -> list[int]:
    """Which objects of a picture have a box that is one."""
    return [at for at, one in enumerate(picture.objects) if clipped(one.box, picture.size_hw) is not None]


def truth_of(picture: Annotated, labels: dict[str, int]) -> Truth:
    """The truth of a picture without its masks."""
    objects = [picture.objects[at] for at in kept_objects(picture)]
    boxes = [clipped(one.box, picture.size_hw) for one in objects]
    points = picture.points
    keyed: list[tuple[KeyPoint, ...]] = [one.points for one in objects]
    each = bool(keyed) and len({len(one) for one in keyed}) == 1 and len(keyed[0]) > 0
    numbers = torch.tensor(points if points is not None else keyed if each else [], dtype=torch.float32)
    known = numbers.ndim > 1
    return Truth(
        label=None if picture.label is None else labels[picture.label],
        boxes=torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4) if points is None else None,
        box_labels=None if points is not None else torch.tensor([labels[o.label] for o in objects]).long(),
        crowd=torch.tensor([one.crowd for one in objects]) if any(one.crowd for one in objects) else None,
        difficult=torch.tensor([o.difficult for o in objects]) if any(o.difficult for o in objects) else None,
        points=numbers[..., :2] if known else None,
        visible=numbers[..., 2].to(torch.uint8) if known else None,
    )
