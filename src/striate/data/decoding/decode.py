"""From a file's bytes, or from what a user has in hand, to a `Picture`: 8 bit, grey or RGB, right side up.

The content decides the format, never the name. JPEG goes through torchvision (twice as fast as Pillow);
everything else, and every JPEG that is unusual, damaged or far larger than needed, goes through Pillow.
torchvision's PNG decoder is not used: 0.29 ends the process with a segmentation fault on a wrong IDAT
checksum, and gives a palette's indices as grey values.

Transparency is laid on white, the page that such pictures are drawn for. Samples of every depth are scaled to
8 bits (`deep_samples`). Of an animation the first frame is the picture. Floating-point pixels are refused:
nothing says which value is white.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from striate.data.dataset import BadPicture
from striate.data.decoding.deep_samples import WHITE
from striate.data.decoding.headers import foreign, jpeg_header, png_damage, png_size, sniff
from striate.data.decoding.jpeg_library import load_jpeg_decoder
from striate.data.decoding.quiet import pillow_quiet
from striate.data.decoding.with_pillow import (
    check_size,
    decode_with_pillow,
    of_image,
    pixels_of,
    reduced_jpeg,
    shape_with_pillow,
)
from striate.data.paths.files import MAX_BYTES, read_file
from striate.errors import StriateError
from striate.shapes import Picture

MAX_PIXELS = 64_000_000  # 192 MB as RGB; a phone's 50-megapixel photograph passes
MOST_PIXELS = 178_000_000  # above, Pillow takes every picture for an attack
MOST_BYTES = 2**31 - 1
LEAST_TARGET = 32  # pixels; look-alikes are compared by what is left, also where the network's input is small
ENOUGH = 1.5  # pixels a target pixel, along each side, that a reduced JPEG must keep
_AS_STORED = 0  # torchvision.io.ImageReadMode.UNCHANGED


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file and the largest picture that are read, and which sample of 16-bit grey is white."""

    bytes: int = MAX_BYTES
    pixels: int = MAX_PIXELS
    white: int = WHITE

    @classmethod
    def of(cls, max_bytes: int | None, max_pixels: int | None) -> "Limits":
        """The limits that were asked for; None is the usual one.

        Raises:
            StriateError: a limit is not positive, or over what Pillow and libjpeg can be trusted with.
        """
        found = cls(MAX_BYTES if max_bytes is None else max_bytes, max_pixels or MAX_PIXELS)
        if max_pixels is not None and not 1 <= max_pixels <= MOST_PIXELS:
            raise StriateError(f"--max-pixels is a number from 1 to {MOST_PIXELS:,}, not {max_pixels:,}.")
        if not 1 <= found.bytes <= MOST_BYTES:
            raise StriateError(f"--max-bytes is a number from 1 to {MOST_BYTES:,}, not {found.bytes:,}.")
        return found


DEFAULT_LIMITS = Limits()


def checked_white(white: int) -> int:
    """A number that a sample of 16 bits can have. Raises StriateError."""
    if not 1 <= white <= WHITE:
        raise StriateError(f"--white is a sample from 1 to {WHITE:,}, as 1023 for 10 bits; got {white:,}.")
    return white


def reading_for(limits: Limits, white: int) -> Limits:
    """The limits, with the white that a network has learned with."""
    return limits if limits.white == white else replace(limits, white=white)


class Decoded(NamedTuple):
    """A picture, what is wrong with it if it is damaged, and its whole size, upright.

    `picture` is smaller than `size_hw` where a large JPEG was decoded for a small target. `highest` is the
    largest sample of 16-bit grey, None for others.
    """

    picture: Picture
    damage: str | None
    size_hw: tuple[int, int]
    highest: int | None = None


def decode(
    content: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> tuple[Picture, str | None]:
    """The whole picture in a file's bytes, and what is wrong with it if it is damaged.

    The header is read before anything is decoded: a file that claims over `max_pixels` costs no memory.

    Raises:
        BadPicture: no picture can be had.
    """
    return decode_for(content, None, Limits(max_bytes, max_pixels))[:2]


def decode_for(content: bytes, size_hw: tuple[int, int] | None, limits: Limits = DEFAULT_LIMITS) -> Decoded:
    """`decode` for a picture that will be resized to `size_hw`; None is the whole picture.

    A JPEG is then decoded at a quarter or an eighth of its size, as long as `ENOUGH` times the target is
    left in both directions. It is the one way in which training, evaluation and prediction read files, so a
    file gives all of them the same pixels.

    Raises:
        BadPicture: no picture can be had.
    """
    if len(content) > limits.bytes:
        raise BadPicture(f"the file has {len(content):,} bytes; at most {limits.bytes:,} are read")
    kind = sniff(content[:32])
    if kind is None:
        raise BadPicture(foreign(content))
    if kind == "JPEG":
        return _decode_jpeg(content, size_hw, limits.pixels)
    damage = None
    if kind == "PNG":
        check_size(png_size(content), limits.pixels)
        damage = png_damage(content)
    picture, broken, highest = decode_with_pillow(content, limits.pixels, white=limits.white)
    return _whole(picture, broken or damage)._replace(highest=highest)


def reduction(size_hw: tuple[int, int], target_hw: tuple[int, int] | None) -> int:
    """By how much a JPEG of `size_hw` is made smaller while it is decoded: 1, 4 or 8.

    By 2 would save nothing: Pillow, which can reduce, takes as long for it as torchvision for the whole.
    """
    if target_hw is None:
        return 1
    enough = ENOUGH * max(*target_hw, LEAST_TARGET)  # the longer side: EXIF may turn it
    return next((factor for factor in (8, 4) if min(size_hw) // factor >= enough), 1)


def shape_of(content: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[int, int, int]:
    """Channels, height and width that `decode` would give, from the header alone.

    Raises:
        BadPicture: there is no such header, or it claims too much. Damage behind it is not seen.
    """
    if len(content) > limits.bytes:
        raise BadPicture(f"the file has {len(content):,} bytes; at most {limits.bytes:,} are read")
    if sniff(content[:32]) is None:
        raise BadPicture(foreign(content))
    return shape_with_pillow(content, limits.pixels)


def as_picture(
    image: object, for_size_hw: tuple[int, int] | None = None, limits: Limits = DEFAULT_LIMITS
) -> Picture:
    """The picture of `decoded_image`."""
    return decoded_image(image, for_size_hw, limits).picture


def decoded_image(
    image: object, for_size_hw: tuple[int, int] | None = None, limits: Limits = DEFAULT_LIMITS
) -> Decoded:
    """The picture in whatever a user calls an image, with its whole size.

    Args:
        image: a path, the bytes of a file, a PIL image, a NumPy array (H, W) or (H, W, 1|3|4) or a tensor
            (C, H, W), both either 8 bit or floats in [0, 1].
        for_size_hw: what the picture will be resized to; a large JPEG may then come at reduced size.
        limits: the largest file and picture.

    Raises:
        StriateError: it holds no picture; for a path the message starts with the path.
    """
    if isinstance(image, str | os.PathLike):
        path = Path(image)
        try:
            return decode_for(read_file(path, limits.bytes), for_size_hw, limits)
        except BadPicture as error:
            raise StriateError(f"{path}: {error}") from error
    if isinstance(image, bytes | bytearray):
        return decode_for(bytes(image), for_size_hw, limits)
    if isinstance(image, Image.Image):
        check_size((image.height, image.width), limits.pixels)
        with pillow_quiet:
            return _whole(of_image(image, limits.white), None)
    if isinstance(image, np.ndarray):
        return _whole(_from_array(image), None)
    if isinstance(image, Tensor):
        return _whole(_from_tensor(image), None)
    raise StriateError(
        f"a {type(image).__name__} is no image. Pass a path, a PIL image, a NumPy array (H, W) or (H, W, 3), "
        "or a tensor (C, H, W)."
    )


def _whole(picture: Picture, damage: str | None) -> Decoded:
    return Decoded(picture, damage, (picture.shape[1], picture.shape[2]))


def _decode_jpeg(content: bytes, target_hw: tuple[int, int] | None, max_pixels: int) -> Decoded:
    header = jpeg_header(content)
    check_size(header.size_hw, max_pixels)
    if header.components in (1, 3):
        factor = reduction(header.size_hw, target_hw)
        if factor > 1 and (reduced := reduced_jpeg(content, factor)) is not None:
            picture, size_hw = reduced
            return Decoded(picture, None, size_hw)
        try:
            encoded = torch.frombuffer(bytearray(content), dtype=torch.uint8)
            whole = _jpeg_operator()(encoded, _AS_STORED, True)  # upright by its EXIF data
            return _whole(whole, None)
        except (RuntimeError, AttributeError, ImportError):
            pass  # damaged, or a torchvision without the operator: Pillow gives what can be had
    picture, damage, _ = decode_with_pillow(content, max_pixels)
    if header.components == 4 and not header.adobe:
        # Pillow takes every CMYK JPEG as inverted, as Photoshop stores them; without Adobe's marker none is.
        reason = "a CMYK JPEG without Adobe's marker, read as not inverted; save it as RGB"
        return _whole(decode_with_pillow(content, max_pixels, invert=True)[0], damage or reason)
    return _whole(picture, damage)


@cache
def _jpeg_operator() -> Callable[[Tensor, int, bool], Tensor]:
    """What torchvision decodes JPEGs with; where it is gone, an error sends them to Pillow."""
    # The operator, not torchvision.io.decode_jpeg: 0.29 warns at every call that it will go away one day.
    load_jpeg_decoder()
    operator: Callable[[Tensor, int, bool], Tensor] = torch.ops.image.decode_jpeg.default
    return operator


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
    check_size((tensor.shape[1], tensor.shape[2]), MAX_PIXELS)
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
        return pixels_of(Image.fromarray(tensor.permute(1, 2, 0).contiguous().numpy(), "RGBA"))
    return tensor.clone()
