"""COCO: one JSON of pictures, categories and objects for each part.

Category numbers may have gaps and begin anywhere: classes are their order. Pictures without objects are
valid. Boxes are x, y, width and height, in real numbers between pixels. Masks are polygons, run lengths, or
run lengths as text; they are drawn when a sample is asked for. Missing keys have their usual value.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor

from striate.data.dataset import PART_NAMES, BadPicture, Part
from striate.data.datasets.maps.class_names import BACKGROUND, require_numbers, with_background
from striate.data.datasets.objects.object_data import (
    MOST_OBJECTS,
    Annotated,
    KeyPoint,
    Marked,
    ObjectFiles,
    kept_objects,
)
from striate.data.datasets.objects.polygons import filled
from striate.data.rle import mask_of, runs_in
from striate.data.wording import one_line
from striate.errors import StriateError
from striate.preprocess.placement import NOTHING_KNOWN

MAX_BYTES = 1_000_000_000
MOST_PIXELS = 178_000_000  # of a mask
_PLACES = ("", "images/")


class CocoDataset(ObjectFiles):
    """Pictures and objects of COCO files. Masks are what `segmentation` says, box by box."""

    _segmentations: tuple[tuple[Any, ...], ...] = ()
    _any_masks = False
    _background: int | None = None

    def has_later(self, row: int, name: str) -> bool:
        """Whether every object has a mask; a picture without objects has them where others do."""
        sized = self.annotated[row].size_hw is not None and (name == "masks" or self._background is not None)
        return sized and self._any_masks and all(self._segmentations[row])

    def later(self, row: int, name: str) -> Tensor | None:
        """Masks of the boxes, or the map that they make; None if an object has none. Raises BadPicture."""
        if not self.has_later(row, name):
            return None
        masks, labels = self._drawn(row), self.items[row].truth.box_labels
        if masks is None or name == "masks" or labels is None or self._background is None:
            return masks
        return class_map_of(masks, labels, self._background)

    def _drawn(self, row: int) -> Tensor | None:
        picture, wanted = self.annotated[row], self._segmentations[row]
        if picture.size_hw is None:
            return None
        if not wanted:
            return torch.zeros((0, *picture.size_hw), dtype=torch.bool)
        try:
            drawn = [drawn_mask(one, picture.size_hw) for one in wanted]
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise BadPicture(f"a mask is damaged ({error})") from error
        return torch.from_numpy(np.stack(drawn))

    def later_content(self, row: int) -> bytes:
        """What the file says about the masks."""
        return (
            json.dumps(self._segmentations[row], sort_keys=True).encode()
            if any(self._segmentations[row])
            else b""
        )


def class_map_of(
    masks: Bool[Tensor, "N H W"], labels: Int64[Tensor, " N"], background: int
) -> UInt8[Tensor, "H W"]:
    """The class of each pixel: `background` beside all objects, 255 where those of two classes overlap."""
    classes = torch.full(masks.shape[1:], background, dtype=torch.uint8)
    taken = torch.zeros(masks.shape[1:], dtype=torch.bool)
    for mask, label in zip(masks, labels.tolist(), strict=True):
        classes[mask & ~taken] = label
        classes[mask & taken & (classes != label)] = NOTHING_KNOWN
        taken |= mask
    return classes


def open_coco(path: Path, *, maps: bool = False, follow_links: bool = False) -> CocoDataset:
    """A COCO file, or a folder with such files in `annotations` (or beside the pictures).

    Args:
        path: of either.
        maps: the objects' masks are read as maps of classes too; the first class is then the background.
        follow_links: links may lead outside.

    Raises:
        StriateError: there is none, it is too large or no COCO, or says something impossible, with its place.
    """
    folder, files = coco_files(path, "instances")
    pictures: list[Annotated] = []
    shapes: dict[str, tuple[Any, ...]] = {}
    names: list[str] = []
    for file in files:
        part = coco_part(file.stem) if len(files) > 1 or coco_part(file.stem) else None
        found, classes, drawn = _read(file, folder, part)
        taken = {one.image for one in pictures} & {one.image for one in found}
        if taken:
            raise StriateError(
                f"{file}: '{one_line(min(taken))}' is in another annotation file too. Keep one."
            )
        pictures += found
        shapes |= drawn
        names += [name for name in classes if name not in names]
    if maps:
        names = with_background(names)
    dataset = CocoDataset(path, "COCO", pictures, folder, declared=names, follow_links=follow_links)
    if maps:
        require_numbers(path, dataset.classes)
        dataset._background = names.index(BACKGROUND)
    dataset._any_masks = any(any(each) for each in shapes.values())
    dataset._segmentations = tuple(
        tuple(shapes[one.image][at] for at in kept_objects(one)) for one in dataset.annotated
    )
    return dataset


def coco_files(path: Path, kind: str) -> tuple[Path, list[Path]]:
    """The folder of a COCO set and its files; where some names begin with `kind`, those.

    Raises:
        StriateError: there are none.
    """
    if path.is_file():
        return (path.parent.parent if path.parent.name == "annotations" else path.parent), [path]
    beside = sorted((path / "annotations").glob("*.json")) or sorted(path.glob("*.json"))
    beside = beside or sorted(path.glob("*/*coco*.json"))
    meant = [file for file in beside if file.name.startswith(kind)] or beside
    if not meant:
        raise StriateError(f"{path} has no COCO file; expected annotations/{kind}_train.json or the like.")
    return path, meant


def coco_part(stem: str) -> Part | None:
    """The part that a file's name says."""
    words = re.split(r"[^a-z]+", stem.lower())
    return next((PART_NAMES[word] for word in words if word in PART_NAMES), None)


def _read(
    file: Path, folder: Path, part: Part | None
) -> tuple[list[Annotated], list[str], dict[str, tuple[Any, ...]]]:
    whole = read_json(file)
    lists = [whole.get(key) for key in ("images", "annotations", "categories")]
    images, objects, categories = (one if isinstance(one, list) else None for one in lists)
    if images is None or objects is None or categories is None:
        raise StriateError(
            f"{file} is no COCO file of objects: it needs the lists images, annotations, categories."
        )
    if len(objects) > MOST_OBJECTS:
        raise StriateError(f"{file} has {len(objects):,} objects; at most {MOST_OBJECTS:,} are read.")
    at = "categories"
    try:
        names = {int(one["id"]): str(one["name"]) for one in categories}
        at = "images"
        known = {int(one["id"]): one for one in images}
        if len(known) < len(images):
            raise ValueError("two pictures have one id")
        of: dict[int, list[Marked]] = {identity: [] for identity in known}
        drawn: dict[int, list[Any]] = {identity: [] for identity in known}
        for number, one in enumerate(objects):
            at = f"annotations[{number}] (id {one.get('id')})"
            marked = _marked(one, names, f"{file.name}, {at}")
            of[int(one["image_id"])].append(marked)
            drawn[int(one["image_id"])].append(one.get("segmentation") or None)
        pictures, shapes = [], {}
        for identity, image in known.items():
            at = f"image {identity}"
            name = located_picture(folder, file, str(image["file_name"]), part)
            size = (
                (int(image["height"]), int(image["width"]))
                if "height" in image and "width" in image
                else None
            )
            pictures.append(Annotated(name, tuple(of[identity]), part, size))
            shapes[name] = tuple(drawn[identity])
    except KeyError as error:
        raise StriateError(f"{file}, {at}: there is no {error.args[0]!r} that it names or needs.") from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise StriateError(f"{file}, {at}: {one_line(str(error))}.") from error
    return pictures, [names[identity] for identity in sorted(names)], shapes


def read_json(file: Path) -> Mapping[str, Any]:
    """A file that holds one table. Raises StriateError where it is none, or too large."""
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise StriateError(f"{file} has {size:,} bytes; at most {MAX_BYTES:,} are read.")
        whole = json.loads(file.read_bytes())
    except OSError as error:
        raise StriateError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise StriateError(f"{file} is no JSON: {one_line(str(error))}.") from error
    if not isinstance(whole, dict):
        raise StriateError(f"{file} is no COCO file: it holds a {type(whole).__name__}, not a table.")
    return whole


def _marked(one: Mapping[str, Any], names: Mapping[int, str], where: str) -> Marked:
    x, y, width, height = (float(value) for value in one["bbox"])
    points: tuple[KeyPoint, ...] = ()
    flat = one.get("keypoints")
    if flat:
        values = [float(value) for value in flat]
        points = tuple(
            (values[at], values[at + 1], min(2, max(0, int(values[at + 2]))))
            for at in range(0, len(values) - 2, 3)
        )
    crowd = bool(int(one.get("iscrowd") or 0))
    return Marked((x, y, x + width, y + height), names[int(one["category_id"])], where, crowd, points=points)


def located_picture(folder: Path, file: Path, name: str, part: Part | None) -> str:
    """Where a picture stands, relative to the folder: COCO's files name only the last piece."""
    beside = file.parent.relative_to(folder).as_posix() if file.parent != folder else ""
    words = [word for word, meant in PART_NAMES.items() if meant == part] if part else []
    stem = re.sub(r"^(instances|captions|person_keypoints)_", "", file.stem)
    places = [*_PLACES, f"{beside}/", f"{stem}/", f"images/{stem}/"]
    places += [f"{place}{word}/" for word in words for place in _PLACES]
    for place in places:
        candidate = f"{place}{name}".lstrip("/") if not name.startswith("/") else name
        if (folder / candidate).is_file():
            return candidate
    return name


def drawn_mask(segmentation: Any, size_hw: tuple[int, int]) -> Bool[np.ndarray, "H W"]:
    """The mask that COCO's `segmentation` stands for.

    Several polygons of one object are its parts.

    Raises:
        ValueError: it is damaged, or of another size than its picture.
    """
    if size_hw[0] * size_hw[1] > MOST_PIXELS:
        raise ValueError(f"its picture claims {size_hw[1]} x {size_hw[0]} pixels")
    if isinstance(segmentation, dict):
        if list(segmentation["size"]) != list(size_hw):
            raise ValueError("it has another size than its picture")
        counts = segmentation["counts"]
        return mask_of(runs_in(counts) if isinstance(counts, str) else [int(one) for one in counts], size_hw)
    mask = np.zeros(size_hw, dtype=bool)
    for polygon in segmentation:
        mask |= filled(polygon, size_hw)
    return mask
