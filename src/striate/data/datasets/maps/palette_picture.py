"""Pictures that hold a number for each pixel: PNG with a palette, or grey."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from striate.data.dataset import BadPicture
from striate.data.decoding.headers import png_size, sniff
from striate.data.decoding.quiet import pillow_quiet
from striate.data.paths.files import Found, read_file

MOST_PIXELS = 64_000_000


def indices_of(file: Found, max_bytes: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """The numbers in a PNG with a palette. Raises BadPicture."""
    if file.problem:
        raise BadPicture(file.problem)
    path = Path(file.path)
    content = read_file(path, max_bytes)
    if sniff(content[:32]) != "PNG":
        raise BadPicture(f"{path.name} is no PNG")
    height, width = png_size(content)
    if height * width > MOST_PIXELS:
        raise BadPicture(f"{path.name} claims {width} x {height} pixels; at most {MOST_PIXELS:,} are read")
    with pillow_quiet:
        try:
            image = Image.open(io.BytesIO(content), formats=("PNG",))
            if image.mode not in ("P", "L"):
                raise BadPicture(
                    f"{path.name} is a colour picture; a mask holds numbers (a palette, or grey)"
                )
            return np.array(image)
        except (OSError, ValueError, SyntaxError) as error:
            raise BadPicture(f"{path.name} is cut short or damaged") from error
