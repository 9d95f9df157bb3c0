"""PASCAL VOC: `Annotations/*.xml`, `JPEGImages/*`, `ImageSets/Main/*.txt`, and masks as PNG.

VOC counts pixels from 1 and names the first and the last one: its box (1, 1, W, H) is the whole picture. Many
newer sets have corners from 0 under the same names. Where a coordinate is 0 that is certain; else VOC's own
way is taken, and the other can be asked for: it is one pixel. Which of the two was taken is always told.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal
from xml.etree.ElementTree import Element, ParseError, XMLParser, fromstring

import numpy as np
import torch
from torch import Tensor

from striate.data.dataset import PART_NAMES, BadPicture, Part
from striate.data.datasets.maps.palette_picture import indices_of
from striate.data.datasets.objects.object_data import Annotated, Marked, ObjectFiles, kept_objects
from striate.data.decoding.headers import PICTURE_SUFFIXES
from striate.data.paths.files import Found, list_folder, reach_of, read_file
from striate.data.wording import counted, one_line
from striate.errors import StriateError

Corners = Literal["voc", "from 0"]
MAX_BYTES = 20_000_000  # of one annotation
# In the order of the numbers in SegmentationClass, from 1 on.
VOC_NAMES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
    "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip


class VocDataset(ObjectFiles):
    """Pictures and objects of a VOC folder. `masks` are the objects', where these are numbered."""

    _folders: tuple[Path, Path] = (Path(), Path())

    def has_later(self, row: int, name: str) -> bool:
        """Whether a picture has a file of the objects' masks."""
        return name == "masks" and self._masks_of(row).is_file()

    def later(self, row: int, name: str) -> Tensor | None:
        """Masks of the boxes; None if they are not numbered as these are. Raises BadPicture."""
        if not self.has_later(row, name):
            return None
        picture, file = self.annotated[row], Found("", str(self._masks_of(row)))
        numbers = indices_of(file, self.limits.bytes)
        kept = kept_objects(picture)
        found = set(np.unique(numbers).tolist()) - {0, 255}
        if found != set(range(1, len(picture.objects) + 1)) or not kept:
            return None
        each = torch.from_numpy(np.array([at + 1 for at in kept], dtype=np.uint8))
        return torch.from_numpy(numbers) == each[:, None, None]

    def _masks_of(self, row: int) -> Path:
        return self._folders[0] / f"{Path(self.items[row].name).stem}.png"

    def later_content(self, row: int) -> bytes:
        """The files of the masks, of objects and of classes."""
        stem = Path(self.items[row].name).stem
        files = [folder / f"{stem}.png" for folder in self._folders]
        return b"".join(read_file(file, self.limits.bytes) for file in files if file.is_file())


def open_voc(path: Path, *, corners: Corners | None = None, follow_links: bool = False) -> VocDataset:
    """A folder in VOC's layout.

    Args:
        path: the folder.
        corners: what coordinates mean; None looks at them.
        follow_links: links may lead outside.

    Raises:
        StriateError: it is none, or an annotation is no XML of VOC, with its file.
    """
    reach = reach_of(path, follow_links=follow_links)
    pictures = {Path(one.name).stem: one.name for one in _listed(path, "JPEGImages", reach, PICTURE_SUFFIXES)}
    parts = parts_listed(path, "Main")
    roots: dict[str, tuple[Found, Element]] = {}
    for one in _listed(path, "Annotations", reach, {".xml"}):
        roots[Path(one.name).stem] = (one, _root(one))
    if not roots or not pictures:
        raise StriateError(f"{path} has no VOC annotations: expected Annotations/*.xml and JPEGImages/*.")
    notes = []
    told = corners
    if told is None:
        told, note = _meaning([root for _, root in roots.values()])
        notes.append(note)
    without = [stem for stem in pictures if stem not in roots]
    if without:
        notes.append(f"{counted(len(without), 'picture')} without an annotation, left out")
    found = [
        Annotated(
            f"JPEGImages/{Path(pictures[stem]).name}" if stem in pictures else f"JPEGImages/{stem}.jpg",
            tuple(_objects(one, root, told)),
            parts.get(stem),
            _size(root),
        )
        for stem, (one, root) in roots.items()
    ]
    dataset = VocDataset(path, "VOC", found, path, notes=notes, follow_links=follow_links)
    dataset._folders = (path / "SegmentationObject", path / "SegmentationClass")
    return dataset


def _meaning(roots: Sequence[Element]) -> tuple[Corners, str]:
    """What coordinates mean, and why: a file that counts from 1 has none below."""
    below = sum(any(value < 1 for value in _coordinates(root)) for root in roots)
    if below:
        many = f"{below:,} of {counted(len(roots), 'annotation')}"
        return "from 0", (
            f"boxes begin at 0 in {many}, so coordinates are corners between pixels, not VOC's numbers from 1"
        )
    return "voc", "no box begins at 0, so coordinates are VOC's: the first and last pixel, counted from 1"


def _listed(path: Path, folder: str, reach: object, suffixes: object) -> list[Found]:
    try:
        listing = list_folder(str((path / folder).resolve()), reach)  # type: ignore[arg-type]
    except OSError as error:
        raise StriateError(f"{path / folder} cannot be listed: {error.strerror}.") from error
    return [one for one in listing.files if Path(one.name).suffix.lower() in suffixes]  # type: ignore[operator]


def annotated_names(path: Path, *, follow_links: bool = False) -> list[str]:
    """The names of the classes that objects of a VOC folder have; empty without annotations."""
    reach = reach_of(path, follow_links=follow_links)
    if not (path / "Annotations").is_dir():
        return []
    roots = [_root(one) for one in _listed(path, "Annotations", reach, {".xml"})]
    names = (
        " ".join((one.findtext("name") or "").split()) for root in roots for one in root.findall("object")
    )
    return sorted({name for name in names if name})


def parts_listed(path: Path, kind: str) -> dict[str, Part]:
    """The part of each stem in ImageSets/`kind`; `trainval` says nothing that the others do not."""
    found: dict[str, Part] = {}
    for word, part in PART_NAMES.items():
        file = path / "ImageSets" / kind / f"{word}.txt"
        if file.is_file() and not file.is_symlink() and file.stat().st_size < 100 * MAX_BYTES:
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.split():
                    found[line.split()[0]] = part
    return found


def _root(one: Found) -> Element:
    try:
        content = read_file(one.path, MAX_BYTES) if one.problem is None else b""
    except BadPicture as error:
        raise StriateError(f"{one.path}: {error}.") from error
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise StriateError(f"{one.path} defines entities, which no VOC annotation needs; it is not read.")
    try:
        return fromstring(content, parser=XMLParser())
    except (ParseError, ValueError, LookupError) as error:
        raise StriateError(f"{one.path} is no XML: {one_line(str(error))}.") from error


def _numbers(one: Element, where: str) -> tuple[float, ...]:
    values = []
    for name in ("xmin", "ymin", "xmax", "ymax"):
        text = one.findtext(f"bndbox/{name}") or ""
        try:
            values.append(float(text))
        except ValueError as error:
            raise StriateError(f"{where}: {name} is '{text.strip()[:40]}', not a number.") from error
    return tuple(values)


def _coordinates(root: Element) -> Iterator[float]:
    for one in root.findall("object"):
        for name in ("xmin", "ymin"):
            try:
                yield float(one.findtext(f"bndbox/{name}") or "nan")
            except ValueError:
                continue


def _objects(file: Found, root: Element, corners: Corners) -> Iterator[Marked]:
    less = 1 if corners == "voc" else 0
    for number, one in enumerate(root.findall("object"), start=1):
        where = f"Annotations/{Path(file.name).name}, object {number}"
        label = " ".join((one.findtext("name") or "").split())
        if not label:
            raise StriateError(f"{where}: it has no name.")
        x1, y1, x2, y2 = _numbers(one, where)
        difficult = (one.findtext("difficult") or "0").strip() == "1"
        yield Marked((x1 - less, y1 - less, x2, y2), label, where, difficult=difficult)


def _size(root: Element) -> tuple[int, int] | None:
    try:
        height, width = (int(root.findtext(f"size/{name}") or 0) for name in ("height", "width"))
    except ValueError:
        return None
    return (height, width) if height > 0 and width > 0 else None
