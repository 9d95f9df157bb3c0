"""From a file's bytes, or from what a user has in hand, to a `Picture`: 8 bit, grey or RGB, right side up.

The content decides the format, never the name. JPEG goes through torchvision (twice as fast as Pillow);
everything else, and every JPEG that is unusual or damaged, goes through Pillow. torchvision's PNG decoder is
not used: 0.29 ends the process with a segmentation fault on a wrong IDAT checksum, and gives a palette's
indices as grey values.

Transparency is laid on white, the page that such pictures are drawn for. 16-bit grey is scaled to 8 bits. Of
an animation the first frame is the picture. Floating-point pixels are refused: nothing says which value is
white.
"""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torchvision.io  # noqa: F401 - registers torch.ops.image
from PIL import Image
from PIL.ImageFile import ImageFile
from torch import Tensor

from striate.data.dataset import BadPicture
from striate.data.files import MAX_BYTES, read_file
from striate.data.headers import foreign, jpeg_header, png_damage, png_size, sniff
from striate.data.quiet import pillow_quiet
from striate.errors import StriateError
from striate.shapes import Picture

MAX_PIXELS = 64_000_000  # 192 MB as RGB; a phone's 50-megapixel photograph passes

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "PPM", "JPEG2000", "AVIF")
_AS_STORED = 0  # torchvision.io.ImageReadMode.UNCHANGED
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
    MemoryError,
    AssertionError,
    struct.error,
    zlib.error,
)


def decode(
    content: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> tuple[Picture, str | None]:
    """The picture in a file's bytes, and what is wrong with it if it is damaged.

    The header is read before anything is decoded: a file that claims over `max_pixels` costs no memory.

    Raises:
        BadPicture: no picture can be had.
    """
    if len(content) > max_bytes:
        raise BadPicture(f"the file has {len(content):,} bytes; at most {max_bytes:,} are read")
    kind = sniff(content[:32])
    if kind is None:
        raise BadPicture(foreign(content))
    if kind == "JPEG":
        return _decode_jpeg(content, max_pixels)
    damage = None
    if kind == "PNG":
        _check_size(png_size(content), max_pixels)
        damage = png_damage(content)
    picture, broken = _decode_with_pillow(content, max_pixels)
    return picture, broken or damage


def as_picture(image: object) -> Picture:
    """The picture in whatever a user calls an image.

    Args:
        image: a path, the bytes of a file, a PIL image, a NumPy array (H, W) or (H, W, 1|3|4) or a tensor
            (C, H, W), both either 8 bit or floats in [0, 1].

    Raises:
        StriateError: it holds no picture; for a path the message starts with the path.
    """
    if isinstance(image, str | os.PathLike):
        path = Path(image)
        try:
            return decode(read_file(path))[0]
        except BadPicture as error:
            raise StriateError(f"{path}: {error}") from error
    if isinstance(image, bytes | bytearray):
        return decode(bytes(image))[0]
    if isinstance(image, Image.Image):
        _check_size((image.height, image.width), MAX_PIXELS)
        with pillow_quiet:
            return _pixels(_upright(image))
    if isinstance(image, np.ndarray):
        return _from_array(image)
    if isinstance(image, Tensor):
        return _from_tensor(image)
    raise StriateError(
        f"a {type(image).__name__} is no image. Pass a path, a PIL image, a NumPy array (H, W) or (H, W, 3), "
        "or a tensor (C, H, W)."
    )


def _decode_jpeg(content: bytes, max_pixels: int) -> tuple[Picture, str | None]:
    header = jpeg_header(content)
    _check_size(header.size_hw, max_pixels)
    if header.components in (1, 3):
        try:
            # The operator, not torchvision.io.decode_jpeg: 0.29 warns at every call that it will go away one
            # day; where it is gone, Pillow does its work.
            encoded = torch.frombuffer(bytearray(content), dtype=torch.uint8)
            picture: Tensor = torch.ops.image.decode_jpeg(
                encoded, _AS_STORED, True
            )  # upright by its EXIF data
            return picture, None
        except (RuntimeError, AttributeError):
            pass  # damaged: Pillow gives the part that can be had
    picture, damage = _decode_with_pillow(content, max_pixels)
    if header.components == 4 and not header.adobe:
        # Pillow takes every CMYK JPEG as inverted, as Photoshop stores them; without Adobe's marker none is.
        reason = "a CMYK JPEG without Adobe's marker, read as not inverted; save it as RGB"
        return _decode_with_pillow(content, max_pixels, invert=True)[0], damage or reason
    return picture, damage


def _decode_with_pillow(
    content: bytes, max_pixels: int, *, invert: bool = False
) -> tuple[Picture, str | None]:
    """`invert` turns the samples of a CMYK picture round before they become RGB."""
    with pillow_quiet:
        try:
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
        except Image.DecompressionBombError as error:
            raise BadPicture(
                f"it claims more than the {max_pixels:,} pixels that are read at most"
            ) from error
        except _PILLOW_ERRORS as error:
            raise BadPicture("its header is damaged or of an unknown kind: no pixel can be had") from error
        _check_size((image.height, image.width), max_pixels)
        damage = None
        try:
            image.load()
        except _PILLOW_ERRORS as error:
            image, damage = _part_that_was_read(image, error)
            image = _closed_jpeg(image, content)
        try:
            upright = _upright(image)
            if invert:
                upright = upright.point(lambda sample: 255 - sample)
            return _pixels(upright), damage
        except BadPicture:
            raise
        except _PILLOW_ERRORS as error:
            raise BadPicture(f"its pixels cannot be read ({error})") from error


def _part_that_was_read(image: ImageFile, error: BaseException) -> tuple[ImageFile, str]:
    """What Pillow decoded before it met the damage; the other pixels are black, so `getbbox` tells all."""
    image.tile = []  # nothing is left to decode: `load` keeps what there is
    try:
        image.load()
        box = image.getbbox(alpha_only=False)
    except _PILLOW_ERRORS as second:
        raise BadPicture("the file is cut short or damaged before its first pixel") from second
    if box is None:
        raise BadPicture("the file is cut short or damaged before its first pixel") from error
    cause = "the file is cut short" if "truncated" in str(error).lower() else "its pixel data are damaged"
    return image, f"{cause}; about {100 * box[3] / image.height:.0f} % of its rows could be read"


def _closed_jpeg(image: ImageFile, content: bytes) -> ImageFile:
    """A JPEG that is cut short once more, with an end marker: libjpeg then gives its last rows too."""
    if image.format != "JPEG":
        return image
    closed = Image.open(io.BytesIO(content + b"\xff\xd9"), formats=("JPEG",))
    try:
        closed.load()
    except _PILLOW_ERRORS:
        return image
    return closed


def _upright(image: Image.Image) -> Image.Image:
    """The picture turned as its EXIF orientation asks; damaged EXIF data count as none."""
    try:
        method = _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except _PILLOW_ERRORS:
        method = None
    return image if method is None else image.transpose(method)


def _pixels(image: Image.Image) -> Picture:
    """A loaded PIL image of any mode as 8-bit grey or RGB."""
    if image.mode == "F":
        raise BadPicture(
            "its pixels are floating-point numbers without a fixed white; save it with 8 or 16 bits"
        )
    if image.mode.startswith("I"):
        return _from_16_bits(image)
    if image.mode == "1":
        image = image.convert("L")
    transparent = image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    if transparent:
        image = _on_white(image)
    elif image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    return _to_tensor(np.array(image))


def _on_white(image: Image.Image) -> Image.Image:
    grey = image.mode in ("L", "LA", "La")
    image = image.convert("RGBA")
    page = Image.new("RGB", image.size, (255, 255, 255))
    page.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return page.getchannel(0) if grey else page


def _from_16_bits(image: Image.Image) -> Picture:
    values = np.array(image)
    if values.dtype.kind == "i" and (values.min() < 0 or values.max() > 65535):
        raise BadPicture("its pixels are 32-bit numbers without a fixed white; save it with 8 bits")
    return _to_tensor(((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8))


def _from_array(array: npt.NDArray[np.generic]) -> Picture:
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise StriateError(
            f"an array of shape {array.shape} is no image: expected (H, W) or (H, W, C) with C 1, 3 or 4. "
            "Pass (C, H, W) as a torch tensor."
        )
    return _from_tensor(torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1))))


def _from_tensor(tensor: Tensor) -> Picture:
    if tensor.ndim != 3 or tensor.shape[0] not in (1, 3, 4):
        raise StriateError(
            f"a tensor of shape {tuple(tensor.shape)} is no image: expected (C, H, W) with C 1, 3 or 4."
        )
    _check_size((tensor.shape[1], tensor.shape[2]), MAX_PIXELS)
    tensor = tensor.detach().cpu()
    if tensor.is_floating_point():
        tensor = tensor.float()
        low, high = tensor.min().item(), tensor.max().item()
        if not (low >= -1e-4 and high <= 1 + 1e-4):  # also refuses NaN
            raise StriateError(
                f"floating-point images have values in [0, 1], got {low:.4g} to {high:.4g}. "
                "Divide by 255, or pass 8-bit values (uint8)."
            )
        tensor = (tensor.clamp(0, 1) * 255).round().to(torch.uint8)
    if tensor.dtype != torch.uint8:
        raise StriateError(
            f"an image of type {tensor.dtype} is not read: expected uint8 or floats in [0, 1]."
        )
    if tensor.shape[0] == 4:
        return _pixels(Image.fromarray(tensor.permute(1, 2, 0).contiguous().numpy(), "RGBA"))
    return tensor.clone()


def _to_tensor(pixels: npt.NDArray[np.uint8]) -> Picture:
    if pixels.ndim == 2:
        return torch.from_numpy(pixels)[None]
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def _check_size(size_hw: tuple[int, int], max_pixels: int) -> None:
    height, width = size_hw
    if height < 1 or width < 1:
        raise BadPicture(f"it claims to be {width} x {height} pixels, which is nothing")
    if height * width > max_pixels:
        raise BadPicture(f"it claims {width} x {height} pixels; at most {max_pixels:,} are read")
