"""Pictures as PNG bytes, and as data URIs for pages that need no network."""

import base64
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

SMALLEST = 128  # pixels of the longer side: a 28x28 digit becomes 140x140
LARGEST = 480
MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg"}


def picture_png(picture: UInt8[Any, "C H W"]) -> bytes:
    """A picture (numpy or a tensor on the CPU, grey or RGB) as a PNG that a person can see.

    Small pictures grow by a whole factor without smoothing, so that pixels stay what they are, until the
    longer side has at least 128 pixels; large ones shrink to 480.
    """
    return _png(_at_visible_size(picture))


def image_png(image: Image.Image) -> bytes:
    """A drawing as a PNG, at most 480 pixels large."""
    return _png(_shrunk(image.convert("RGB")))


def picture_uri(path: Path) -> str | None:
    """A PNG or JPEG file as a data URI, at most 480 pixels large; None if there is no such picture."""
    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content), formats=list(MEDIA_TYPES)) as picture:
            media_type = MEDIA_TYPES[picture.format or "PNG"]
            if max(picture.size) > LARGEST:
                content, media_type = _png(_shrunk(picture.convert("RGB"))), "image/png"
            else:
                picture.load()  # a file cut short is no picture
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError, SyntaxError):
        return None
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _at_visible_size(picture: UInt8[Any, "C H W"]) -> Image.Image:
    pixels = np.asarray(picture).transpose(1, 2, 0)  # (H, W, C)
    image = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels))
    factor = math.ceil(SMALLEST / max(image.size))
    if factor > 1:
        return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    return _shrunk(image)


def _shrunk(image: Image.Image) -> Image.Image:
    ratio = LARGEST / max(image.size)
    if ratio >= 1:
        return image
    return image.resize(
        (max(1, round(image.width * ratio)), max(1, round(image.height * ratio))), reducing_gap=3.0
    )


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
