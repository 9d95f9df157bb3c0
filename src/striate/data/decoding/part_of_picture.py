"""What is left of a damaged picture: the part that Pillow read, and how much of it that is."""

import io
import re
from typing import Any

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from striate.data.dataset import BadPicture

Step = tuple[int, int, int, int]  # first row, row step, first column, column step

_IN_ORDER: tuple[Step, ...] = ((0, 1, 0, 1),)
_FROM_BELOW: tuple[Step, ...] = ((-1, -1, 0, 1),)
_GIF: tuple[Step, ...] = ((0, 8, 0, 1), (4, 8, 0, 1), (2, 4, 0, 1), (1, 2, 0, 1))
_ADAM7: tuple[Step, ...] = (
    (0, 8, 0, 8),
    (0, 8, 4, 8),
    (4, 8, 0, 4),
    (0, 4, 2, 4),
    (2, 4, 0, 2),
    (0, 2, 1, 2),
    (1, 2, 0, 1),
)
FEWEST_BYTES = 64  # of a first scan; libjpeg makes up the pixels behind the last
CUTS = 4  # markers before the end at which a picture is ended instead
NOTHING = "the file is cut short or damaged before its first pixel"


def passes_of(image: ImageFile) -> tuple[Step, ...]:
    """In which order a picture's pixels stand in its file. Asked before it is loaded, which forgets it."""
    if image.info.get("interlace") and image.format == "PNG":
        return _ADAM7
    args: Any = image.tile[0].args if image.tile else None
    if not isinstance(args, tuple):
        return _IN_ORDER
    if image.format in ("BMP", "DIB"):
        return _FROM_BELOW if args[-1] == -1 else _IN_ORDER
    return _GIF if image.format == "GIF" and args[1:2] == (1,) else _IN_ORDER


def part_that_was_read(
    image: ImageFile, error: BaseException, passes: tuple[Step, ...], content: bytes, errors: Any
) -> tuple[ImageFile, str]:
    """What Pillow decoded before it met the damage, and words for it.

    Args:
        image: which failed to load.
        error: what it failed with.
        passes: the order of its pixels.
        content: its file.
        errors: what Pillow raises on hostile files.

    Raises:
        BadPicture: not a single pixel was read.
    """
    cut = "truncated" in str(error).lower()
    image.tile = []  # nothing is left to decode: `load` keeps what there is
    progressive = bool(image.info.get("progressive"))
    try:
        image.load()
        share = 0.0 if progressive else _share(image, passes)
    except errors as second:
        if not progressive:
            raise BadPicture(NOTHING) from second
        share = 0.0
    if image.format in ("JPEG", "MPO"):
        closed = _closed(content, errors)
        if progressive and closed is not None and (left := _coarse(content)):
            return closed, f"{'the file is cut short' if cut else 'its pixel data are damaged'}; {left}"
        if share:
            image = closed or image
    if not share:
        raise BadPicture(NOTHING) from error
    cause = "the file is cut short" if cut else "its pixel data are damaged"
    return image, f"{cause}; about {min(99, round(100 * share))} % of its rows could be read"


def _share(image: Image.Image, passes: tuple[Step, ...]) -> float:
    """How much of a picture was read: up to the last pixel, in the file's order, that is not as it began."""
    values = np.asarray(image.copy())  # a TIFF that is not turned yet has another size than it says
    clear = image.info.get("transparency")
    began = clear if image.format == "GIF" and isinstance(clear, int) else 0
    touched = values != began if values.ndim == 2 else (values != 0).any(axis=2)
    last = done = 0
    for first_row, row_step, first_column, column_step in passes:
        part = touched[first_row::row_step, first_column::column_step]
        rows = np.flatnonzero(part.any(axis=1))
        if len(rows):
            last = done + (int(rows[-1]) + 1) * part.shape[1]
        done += part.size
    return last / done


def _coarse(content: bytes) -> str | None:
    """What a progressive JPEG that ends early has: its first scan is all of the picture, but coarse."""
    at = 2
    while content[at : at + 1] == b"\xff" and content[at + 1 : at + 2] != b"\xda" and at + 4 <= len(content):
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    data = content[at + 2 + int.from_bytes(content[at + 2 : at + 4], "big") :]
    if re.search(rb"\xff[^\x00\xd0-\xd7\xff]", data):  # another scan follows, or its tables
        return "it is coarse"
    return "only the upper part could be read, and that is coarse" if len(data) >= FEWEST_BYTES else None


def _closed(content: bytes, errors: Any) -> ImageFile | None:
    """A JPEG that is cut short once more, with an end marker: libjpeg then gives its last rows too, and of a
    progressive one all that has come; None where that is nothing."""
    end = len(content)
    for _ in range(CUTS):
        try:
            closed = Image.open(io.BytesIO(content[:end] + b"\xff\xd9"), formats=("JPEG",))
            closed.load()
        except errors:
            # The end is in the tables or the header of a scan: the marker would be taken for one of theirs.
            end = max(content.rfind(marker, 0, end) for marker in (b"\xff\xc4", b"\xff\xda"))
            if end < 0:
                return None
            continue
        ranges: Any = closed.getextrema()
        flat = all(low == high for low, high in (ranges if isinstance(ranges[0], tuple) else (ranges,)))
        return None if flat else closed
    return None
