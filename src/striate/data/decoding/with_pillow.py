"""Decoding through Pillow: every format but a sound JPEG, what is left of damaged files, reduced JPEGs."""

import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from PIL.ImageFile import ImageFile

from striate.data.dataset import BadPicture
from striate.data.decoding.deep_samples import (
    PLAIN,
    WHITE,
    Meaning,
    grey_in_8_bits,
    highest_sample,
    meaning_of,
    open_negative,
    with_true_transparency,
    without_white,
)
from striate.data.decoding.headers import foreign, sniff
from striate.data.decoding.part_of_picture import part_that_was_read, passes_of
from striate.data.decoding.quiet import pillow_quiet
from striate.shapes import Picture

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "PPM", "JPEG2000", "AVIF")
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's readers raise on hostile files.
_PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    SystemError,
    MemoryError,
    AssertionError,
    struct.error,
    zlib.error,
)


def decode_with_pillow(
    content: bytes, max_pixels: int, *, invert: bool = False, white: int = WHITE
) -> tuple[Picture, str | None, int | None]:
    """The picture, what is wrong with it if it is damaged, and the largest sample of 16-bit grey.

    Args:
        content: a file of any format that is read.
        max_pixels: a picture that claims more is refused before it is decoded.
        invert: turn the samples of a CMYK picture round before they become RGB.
        white: which sample of 16-bit grey is white.

    Raises:
        BadPicture: no picture can be had.
    """
    with pillow_quiet:
        image = _opened(content, max_pixels)
        meaning, passes = meaning_of(image), passes_of(image)
        damage = None
        try:
            image.load()
        except _PILLOW_ERRORS as error:
            image, damage = part_that_was_read(image, error, passes, content, _PILLOW_ERRORS)
        try:
            seen_through = meaning.raw and "transparency" in image.info
            turned = upright(with_true_transparency(image, meaning, content) if seen_through else image)
            if invert:
                turned = turned.point(lambda sample: 255 - sample)
            return pixels_of(turned, meaning, white), damage, highest_sample(turned, meaning)
        except BadPicture:
            raise
        except _PILLOW_ERRORS as error:
            raise BadPicture(f"its pixels cannot be read ({error})") from error


def rgba_with_pillow(content: bytes, max_pixels: int) -> Image.Image:
    """The upright picture with its transparency, as a Pillow image of mode `RGBA`; a damaged one is refused.

    Raises:
        BadPicture: no whole picture can be had.
    """
    if sniff(content[:32]) is None:
        raise BadPicture(foreign(content))
    with pillow_quiet:
        image = _opened(content, max_pixels)
        try:
            return upright(image).convert("RGBA")
        except _PILLOW_ERRORS as error:
            raise BadPicture("the file is cut short or damaged") from error


def reduced_jpeg(content: bytes, factor: int) -> tuple[Picture, tuple[int, int]] | None:
    """A JPEG at 1/`factor` of its size, and its whole size (H, W), both upright; None if it is damaged.

    libjpeg leaves the high frequencies of each 8 x 8 block out, so most of the inverse transform, the
    colour conversion and the memory are saved; the entropy-coded data are read whole.
    """
    with pillow_quiet:
        try:
            image = Image.open(io.BytesIO(content), formats=("JPEG",))
            width, height = image.size
            image.draft(None, (width // factor, height // factor))
            image.load()
            # The last block may be cut by the edge; left out if less than half of it is picture, it moves
            # the others by half a reduced pixel at most.
            half = factor // 2
            cut = image.crop((0, 0, (width + half) // factor, (height + half) // factor))
            size_hw = (width, height) if _swaps(image) else (height, width)
            return pixels_of(upright(image, cut)), size_hw
        except _PILLOW_ERRORS:
            return None


def shape_with_pillow(content: bytes, max_pixels: int) -> tuple[int, int, int]:
    """Channels, height and width of the upright picture, from its header. Raises BadPicture."""
    with pillow_quiet:
        image = _opened(content, max_pixels)
        grey = image.mode in ("L", "LA", "La", "1") or image.mode.startswith("I") or meaning_of(image).grey
        swaps = _swaps(image) and image.format != "TIFF"  # whose size Pillow gives as it will be
        height, width = (image.width, image.height) if swaps else (image.height, image.width)
        return 1 if grey else 3, height, width


def _opened(content: bytes, max_pixels: int) -> ImageFile:
    try:
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise BadPicture(f"it claims more than the {max_pixels:,} pixels that are read at most") from error
    except _PILLOW_ERRORS as error:
        image = _opened_otherwise(content, error)
    check_size((image.height, image.width), max_pixels)
    return image


def _opened_otherwise(content: bytes, error: BaseException) -> ImageFile:
    try:
        image = open_negative(content, _FORMATS)
    except (Image.DecompressionBombError, *_PILLOW_ERRORS):
        image = None
    if image is None:
        raise BadPicture("its header is damaged or of an unknown kind: no pixel can be had") from error
    return image


def upright(image: Image.Image, part: Image.Image | None = None) -> Image.Image:
    """The picture, or a part of it, turned as its EXIF orientation asks; damaged EXIF data count as none."""
    image.load()  # which turns a TIFF, and takes the orientation from it
    method, part = _UPRIGHT.get(_orientation(image)), part or image
    return part if method is None else part.transpose(method)


def _orientation(image: Image.Image) -> int:
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except _PILLOW_ERRORS:
        return 1
    return found if isinstance(found, int) else 1


def _swaps(image: Image.Image) -> bool:
    """Whether turning the picture upright makes its height its width."""
    return _orientation(image) in (5, 6, 7, 8)


def of_image(image: Image.Image, white: int = WHITE) -> Picture:
    """A PIL image that a user has in hand, upright."""
    meaning = meaning_of(image)
    image.load()
    if meaning.raw and "transparency" in image.info:
        image = with_true_transparency(image.copy(), meaning, None)
    return pixels_of(upright(image), meaning, white)


def pixels_of(image: Image.Image, meaning: Meaning = PLAIN, white: int = WHITE) -> Picture:
    """A loaded PIL image of any mode as 8-bit grey or RGB.

    Args:
        image: the PIL image.
        meaning: of a file's samples.
        white: which sample of 16-bit grey is white.
    """
    if image.mode == "F":
        raise without_white("floating-point numbers")
    if image.mode.startswith("I"):
        return to_tensor(grey_in_8_bits(image, meaning, white))
    if image.mode == "1":
        image = image.convert("L")
    transparent = image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    if transparent:
        image = _on_white(image, grey=meaning.grey)
    elif image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    return to_tensor(np.array(image))


def _on_white(image: Image.Image, *, grey: bool) -> Image.Image:
    grey = grey or image.mode in ("L", "LA", "La")
    image = image.convert("RGBA")
    page = Image.new("RGB", image.size, (255, 255, 255))
    page.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return page.getchannel(0) if grey else page


def to_tensor(pixels: npt.NDArray[np.uint8]) -> Picture:
    """8-bit pixels (H, W) or (H, W, 3) as (C, H, W)."""
    if pixels.ndim == 2:
        return torch.from_numpy(pixels)[None]
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def check_size(size_hw: tuple[int, int], max_pixels: int) -> None:
    """Refuse a picture without pixels, or with more than are read. Raises BadPicture."""
    height, width = size_hw
    if height < 1 or width < 1:
        raise BadPicture(f"it claims to be {width} x {height} pixels, which is nothing")
    if height * width > max_pixels:
        raise BadPicture(f"it claims {width} x {height} pixels; at most {max_pixels:,} are read")
