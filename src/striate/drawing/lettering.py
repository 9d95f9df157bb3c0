"""Letters on pictures: one font that comes with Pillow, so that every machine draws the same."""

from functools import cache
from typing import Any

from PIL import ImageFont


@cache
def font(size: int) -> Any:
    """Pillow's own font at `size` pixels; `.size` is that size."""
    return ImageFont.load_default(size)


def fitted(text: str, letters: Any, width: int) -> str:
    """The text on one line of at most `width` pixels, cut with an ellipsis where it is longer."""
    line = " ".join(text.split())
    if letters.getlength(line) <= width:
        return line
    while line and letters.getlength(line + "…") > width:
        line = line[:-1]
    return line.rstrip() + "…"
