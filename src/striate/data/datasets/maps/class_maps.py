"""Pictures whose pixels have classes: beside each picture a PNG of numbers, in one of two layouts.

JPEGImages/a.jpg  SegmentationClass/a.png       VOC; parts in ImageSets/Segmentation
images/a.jpg      masks/a.png                   also train/images, or images/train and masks/train

A number is an index of the classes, 255 says that nothing is known. `class_names.txt` or `classes.txt` names
the numbers from 0 on, one a line. No map is opened before it is asked for, unless nothing names the numbers.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from torch import Tensor

from striate.data.dataset import PART_NAMES, BadPicture, Item, Part
from striate.data.datasets.folder import is_picture
from striate.data.datasets.listed_files import ListedFiles
from striate.data.datasets.maps.class_names import BACKGROUND, names_in
from striate.data.datasets.maps.palette_picture import indices_of
from striate.data.datasets.objects.voc import VOC_NAMES, annotated_names, parts_listed
from striate.data.in_threads import in_threads
from striate.data.paths.files import MAX_BYTES, Found, natural, reach_of, read_file, walk
from striate.data.sample import Truth
from striate.data.wording import counted, listed, one_line
from striate.errors import StriateError
from striate.preprocess.placement import NOTHING_KNOWN

IMAGES, MASKS = "images", "masks"


@dataclass(frozen=True, slots=True)
class Mapped:
    """A picture, named from the data set, the file of its map, and its part."""

    image: str
    map: Found
    part: Part | None = None


class ClassMaps(ListedFiles):
    """A data set of pictures with a map of classes each."""

    def __init__(
        self,
        path: Path,
        kind: str,
        found: Sequence[Mapped],
        classes: Sequence[str],
        *,
        numbers: Mapping[int, int] | None = None,
        notes: Sequence[str] = (),
        follow_links: bool = False,
    ) -> None:
        ordered = sorted(found, key=lambda one: natural(one.image))
        items = [Item(one.image, Truth(), one.part) for one in ordered]
        super().__init__(path, kind, items, path, classes=classes, notes=notes, follow_links=follow_links)
        self._maps = tuple(one.map for one in ordered)
        self._indices = np.full(256, len(self.classes), dtype=np.uint8)  # no class has this one
        self._indices[: len(self.classes)] = np.arange(len(self.classes))
        self._indices[NOTHING_KNOWN] = NOTHING_KNOWN
        for number, index in (numbers or {}).items():
            self._indices[number] = index

    def has_later(self, row: int, name: str) -> bool:  # noqa: ARG002 - every row has one
        """Whether it is the map of classes that is asked for."""
        return name == "class_map"

    def later(self, row: int, name: str) -> Tensor | None:
        """The map of item `row`. Raises BadPicture where it is damaged, or has a number without a class."""
        if name != "class_map":
            return None
        numbers = indices_of(self._maps[row], self.limits.bytes)
        classes = self._indices[numbers]
        if len(self.classes) < NOTHING_KNOWN and (strange := classes == len(self.classes)).any():
            number, many = int(numbers[strange].min()), counted(len(self.classes), "class", "classes")
            raise BadPicture(
                f"{one_line(self._maps[row].name)} has the number {number}, and there are {many}"
            )
        return torch.from_numpy(classes)

    def later_content(self, row: int) -> bytes:
        """The file of the map."""
        found = self._maps[row]
        if found.problem:
            raise BadPicture(found.problem)
        return read_file(found.path, self.limits.bytes)


def open_voc_maps(path: Path, *, follow_links: bool = False) -> ClassMaps:
    """The maps of classes of a folder in VOC's layout.

    Raises:
        StriateError: there are no pictures with maps, or nothing says what the numbers stand for.
    """
    pictures, maps = (
        _files(path, folder, follow_links=follow_links) for folder in ("JPEGImages", "SegmentationClass")
    )
    parts = parts_listed(path, "Segmentation") or parts_listed(path, "Main")
    found = [
        Mapped(f"JPEGImages/{one.name}", maps[stem], parts.get(stem))
        for stem, one in pictures.items()
        if stem in maps
    ]
    if not found:
        raise StriateError(f"{path} has no picture in JPEGImages with a map in SegmentationClass.")
    classes, notes = names_in(path), _without(len(pictures) - len(found))
    if classes is None:
        names = annotated_names(path, follow_links=follow_links)
        usual = set(names) <= set(VOC_NAMES)
        classes = (BACKGROUND, *(VOC_NAMES if usual else sorted(names, key=natural)))
        which = "those of VOC" if usual else f"{listed(list(classes), most=4)}, in the order of their names"
        notes.append(f"the numbers of the maps are taken as {which}; class_names.txt can say it")
    return ClassMaps(path, "VOC maps of classes", found, classes, notes=notes, follow_links=follow_links)


def open_map_folders(path: Path, *, follow_links: bool = False) -> ClassMaps:
    """Folders `images` and `masks` with the same names in them, perhaps in parts.

    Raises:
        StriateError: no picture has a mask, or the numbers of masks without names cannot be classes.
    """
    found: list[Mapped] = []
    lonely = 0
    for top, part in _tops(path):
        pictures = _files(path, f"{top}{IMAGES}", follow_links=follow_links)
        maps = _files(path, f"{top}{MASKS}", follow_links=follow_links)
        for stem, one in pictures.items():
            if stem not in maps:
                lonely += 1
                continue
            inside = PART_NAMES.get(PurePosixPath(stem).parts[0].lower()) if "/" in stem else None
            found.append(Mapped(f"{top}{IMAGES}/{one.name}", maps[stem], part or inside))
    if not found:
        raise StriateError(
            f"{path} has no picture in {IMAGES} with a PNG of the same name in {MASKS}. A mask holds the "
            "number of a class for each pixel."
        )
    classes, numbers, notes = names_in(path), None, _without(lonely)
    if classes is None:
        classes, numbers, note = _counted_classes(path, found)
        notes.append(note)
    return ClassMaps(
        path,
        "images with masks of classes",
        found,
        classes,
        numbers=numbers,
        notes=notes,
        follow_links=follow_links,
    )


def _tops(path: Path) -> list[tuple[str, Part | None]]:
    """Where `images` and `masks` stand: in the folder, or in its parts."""
    if (path / IMAGES).is_dir():
        return [("", None)]
    parts = sorted(inner.name for inner in path.iterdir() if inner.name.lower() in PART_NAMES)
    return [(f"{name}/", PART_NAMES[name.lower()]) for name in parts if (path / name / IMAGES).is_dir()]


def _files(path: Path, folder: str, *, follow_links: bool) -> dict[str, Found]:
    """The pictures below a folder of the data set by their path in it without suffix."""
    reach = reach_of(path, follow_links=follow_links)
    top = str((path / folder).resolve())
    if not reach.allows(top) or not Path(top).is_dir():
        return {}
    return {
        str(PurePosixPath(one.name).with_suffix("")): one
        for listing, _ in walk(top, reach)
        for one in listing.files
        if is_picture(one)
    }


def _without(count: int) -> list[str]:
    return [f"{counted(count, 'picture')} without a map, left out"] if count else []


def _counted_classes(
    path: Path, found: Sequence[Mapped]
) -> tuple[tuple[str, ...], dict[int, int] | None, str]:
    """Classes named by the numbers that the masks hold; 0 and 255 alone are background and foreground."""

    def numbers_of(one: Mapped, _: threading.Event) -> set[int]:
        try:
            return set(np.unique(indices_of(one.map, MAX_BYTES)).tolist())
        except BadPicture:  # named when it is read
            return set()

    numbers: set[int] = set().union(*in_threads(numbers_of, found))
    if numbers == {0, NOTHING_KNOWN}:
        note = "masks hold 0 and 255 alone, taken as background and foreground"
        return (BACKGROUND, "foreground"), {NOTHING_KNOWN: 1}, note
    most = max(numbers - {NOTHING_KNOWN}, default=-1)
    if most < 1:
        raise StriateError(
            f"the masks of {path} hold {', '.join(map(str, sorted(numbers))) or 'nothing that can be read'}; "
            "they need the numbers of two classes, from 0 on."
        )
    named = "class_names.txt can name them, one a line"
    return tuple(map(str, range(most + 1))), None, f"classes are numbers up to {most}; {named}"
