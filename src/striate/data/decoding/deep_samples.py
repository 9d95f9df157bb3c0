"""Samples that Pillow hands over as the file has them, and what they mean: which is white, which transparent.

Samples of up to 8 bits, and colours, Pillow scales to 8 bits itself. Of 16-bit grey it gives the numbers:
that a TIFF's 0 is white, that 12 bits end at 4095, and which value a PNG calls transparent is left to us. So
are transparent values of 2, 4 and 16 bits, which Pillow compares with samples that it has scaled.
"""

import io
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.ImageFile import ImageFile

from striate.data.dataset import BadPicture

WHITE = 65535  # of 16 bits
_BITS, _PHOTOMETRIC = 258, 262  # TIFF's tags
_LOW_BYTES = {
    "RGB;16B": "RGB;16L",
    "RGB;16L": "RGB;16B",
}  # the other way round: the low bytes
_GREY_STEPS = {"L;2": 85, "L;4": 17}  # from a sample to its 8 bits


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a file says of its samples.

    Attributes:
        raw: Pillow's name of how they are stored; empty if not known.
        white: the largest sample.
        negative: whether 0 is white.
    """

    raw: str = ""
    white: int = WHITE
    negative: bool = False

    @property
    def grey(self) -> bool:
        """Whether the picture is grey though Pillow makes RGBA of it."""
        return self.raw == "LA;16B"


PLAIN = Meaning()


def meaning_of(image: Image.Image) -> Meaning:
    """What an opened file says of its samples. Asked before it is loaded, which forgets some of it."""
    tiles: Any = getattr(image, "tile", None)
    args = tiles[0].args if tiles else ""
    raw = args if isinstance(args, str) else args[0] if isinstance(args, tuple) and args else ""
    if not image.mode.startswith("I"):
        return Meaning(raw) if ";" in str(raw) else PLAIN
    tags: Any = getattr(image, "tag_v2", {})
    white = 4095 if tags.get(_BITS) == (12,) else WHITE
    return Meaning(str(raw), white, tags.get(_PHOTOMETRIC) == 0)


def open_negative(content: bytes, formats: tuple[str, ...]) -> ImageFile | None:
    """A TIFF whose 0 is white and which Pillow does not know that way round; None if it is no such file.

    It is opened as if 0 were black; its tag says again what the file says.
    """
    order = {b"MM\0*": ">", b"II*\0": "<"}.get(content[:4])
    at = _entry(content, order, _PHOTOMETRIC) if order is not None else None
    if at is None or order is None or struct.unpack_from(f"{order}HIH", content, at + 2) != (3, 1, 0):
        return None
    turned = bytearray(content)
    struct.pack_into(f"{order}H", turned, at + 8, 1)
    image = Image.open(io.BytesIO(turned), formats=formats)
    tags: Any = getattr(image, "tag_v2", None)
    if not image.mode.startswith("I") or tags is None:
        return None
    tags[_PHOTOMETRIC] = 0
    return image


def _entry(content: bytes, order: str, tag: int) -> int | None:
    """Where a TIFF's first directory has an entry."""
    (at,) = struct.unpack_from(f"{order}I", content, 4)
    (count,) = struct.unpack_from(f"{order}H", content, at)
    for place in range(at + 2, at + 2 + 12 * count, 12):
        if struct.unpack_from(f"{order}H", content, place)[0] == tag:
            return place
    return None


def without_white(samples: str) -> BadPicture:
    """The error for samples of which nobody knows which one is white."""
    return BadPicture(
        f"its pixels are {samples} without a fixed white, and 8 or 16 bits are read; scale them to one of "
        "these and save it again"
    )


def grey_in_8_bits(image: Image.Image, meaning: Meaning, white: int = WHITE) -> npt.NDArray[np.uint8]:
    """16-bit grey in 8 bits, what is transparent as white.

    Args:
        image: of mode I or I;16, loaded.
        meaning: of its samples.
        white: which sample of 16 bits is white; larger ones are too.

    Raises:
        BadPicture: samples do not fit into 16 bits.
    """
    values = np.array(image)
    if values.dtype.kind == "i" and (values.min() < 0 or values.max() > WHITE):
        raise without_white("32-bit numbers")
    clear = image.info.get("transparency")
    seen_through = values == clear if isinstance(clear, int) else None
    last = white if meaning.white == WHITE else meaning.white
    samples = values.astype(np.uint32)
    if meaning.negative:
        samples = meaning.white - np.minimum(samples, meaning.white)
    pixels = ((np.minimum(samples, last) * 255 + last // 2) // last).astype(np.uint8)
    if seen_through is not None:
        pixels[seen_through] = 255
    return pixels


def highest_sample(image: Image.Image, meaning: Meaning) -> int | None:
    """The largest sample of 16-bit grey as a file has it, None for other pictures and depths."""
    if not image.mode.startswith("I") or meaning.white != WHITE:
        return None
    values = np.asarray(image)
    return int(WHITE - values.min() if meaning.negative else values.max())


def with_true_transparency(image: Image.Image, meaning: Meaning, content: bytes | None) -> Image.Image:
    """The picture with a transparent value that compares with its samples, or with an alpha channel for it.

    Args:
        image: loaded, not turned, with a transparent value of a depth that is not 8.
        meaning: of its samples.
        content: the file, of which 16-bit colours are read once more; None where there is none.
    """
    clear = image.info.get("transparency")
    if meaning.raw in _GREY_STEPS and isinstance(clear, int):
        image.info["transparency"] = clear * _GREY_STEPS[meaning.raw]
    elif meaning.raw in _LOW_BYTES and isinstance(clear, tuple):
        del image.info["transparency"]
        low = None if content is None else _low_bytes(content)
        if low is not None:
            samples = np.array(image).astype(np.uint16) * 256 + low
            opaque = (samples != np.array(clear, np.uint16)).any(axis=2)
            image.putalpha(Image.fromarray((opaque * 255).astype(np.uint8)))
    return image


def _low_bytes(content: bytes) -> npt.NDArray[np.uint8] | None:
    """The low byte of every 16-bit sample; Pillow drops it, so it is asked for the other one."""
    image = Image.open(io.BytesIO(content), formats=("PNG",))
    image.tile = [tile._replace(args=_LOW_BYTES[str(tile.args)]) for tile in image.tile]
    try:
        image.load()
    except OSError:  # damaged; the picture was read as far as it goes
        return None
    return np.array(image)
