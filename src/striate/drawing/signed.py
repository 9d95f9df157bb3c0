"""Pictures that say who drew them, so that only they are replaced when they are drawn again."""

import io
from typing import Literal

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from striate.files.output_place import PICTURE_MARK


def signed(image: Image.Image, kind: Literal["PNG", "JPEG"] = "PNG", quality: int = 75) -> bytes:
    """The file of a picture, with Striate's name as its software (PNG) or comment (JPEG, of this quality)."""
    buffer = io.BytesIO()
    if kind == "JPEG":
        image.save(buffer, kind, quality=quality, comment=PICTURE_MARK)
        return buffer.getvalue()
    told = PngInfo()
    told.add_text("Software", PICTURE_MARK)
    image.save(buffer, kind, pnginfo=told)
    return buffer.getvalue()
