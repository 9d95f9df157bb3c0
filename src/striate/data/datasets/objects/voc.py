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
from PIL import Image
from torch import Tensor

from striate.data.dataset import PART_NAMES, BadPicture, Part
from striate.data.datasets.objects.object_data import Annotated, Marked, ObjectFiles, kept_objects
from striate.data.decoding.headers import PICTURE_SUFFIXES, png_size, sniff
from striate.data.decoding.quiet import pillow_quiet
from striate.data.paths.files import Found, list_folder, reach_of, read_file
from striate.data.wording import counted, one_line
from striate.errors import StriateError

Corners = Literal["voc", "from 0"]
MAX_BYTES = 20_000_000  # of one annotation
MOST_PIXELS = 64_000_000


class VocDataset(ObjectFiles):
    """Pictures and objects of a VOC folder. `masks` are the objects', where these are numbered."""

    _folders: tuple[Path, Path] = (Path(), Path())

    def has_masks(self, row: int) -> bool:
        """Whether a picture has a file of them."""
        return any((folder / f"{Path(self.items[row].name).stem}.png").is_file() for folder in self._folders)

    def masks(self, row: int) -> Tensor | None:
        """(N, H, W) of the boxes, else (H, W) class numbers as they stand, else None. Raises BadPicture."""
        objects, classes = (folder / f"{Path(self.items[row].name).stem}.png" for folder in self._folders)
        picture = self.annotated[row]
        if objects.is_file():
            numbers = _indices(objects, self.limits.bytes)
            kept = kept_objects(picture)
            found = set(np.unique(numbers).tolist()) - {0, 255}
            if found == set(range(1, len(picture.objects) + 1)) and kept:
                each = torch.from_numpy(np.array([at + 1 for at in kept], dtype=np.uint8))
                return torch.from_numpy(numbers) == each[:, None, None]
        return torch.from_numpy(_indices(classes, self.limits.bytes)) if classes.is_file() else None

    def mask_content(self, row: int) -> bytes:
        """The files of the masks."""
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
    parts = _parts(path)
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


def _parts(path: Path) -> dict[str, Part]:
    """The part of each stem; `trainval` says nothing that the others do not."""
    found: dict[str, Part] = {}
    for word, part in PART_NAMES.items():
        file = path / "ImageSets" / "Main" / f"{word}.txt"
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


def _indices(path: Path, max_bytes: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """The numbers in a PNG with a palette. Raises BadPicture."""
    content = read_file(path, max_bytes)
    if sniff(content[:32]) != "PNG":
        raise BadPicture(f"{path.name} is no PNG")
    height, width = png_size(content)
    if height * width > MOST_PIXELS:
        raise BadPicture(f"{path.name} claims {width} x {height} pixels; at most {MOST_PIXELS:,} are read")
    with pillow_quiet:
        try:
            image = Image.open(path, formats=("PNG",))
            if image.mode not in ("P", "L"):
                raise BadPicture(
                    f"{path.name} is a colour picture; a mask holds numbers (a palette, or grey)"
                )
            return np.array(image)
        except (OSError, ValueError, SyntaxError) as error:
            raise BadPicture(f"{path.name} is cut short or damaged") from error
