"""A figure's heading, foot and sizes of letters: for a slide, and still legible at a phone's width.

A figure is 1,080 pixels wide; a phone shows it at a third of that, so nothing is written smaller than 24.
"""

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw

from striate.drawing.lettering import NOTE, fitted, has_codes, text_width, write
from striate.drawing.palette import INK, PAPER, QUIET

WIDTH = 1080  # pixels of every figure
MARGIN = 24
TITLE, TEXT, SMALL = 38, 28, 24  # pixels


class Heading(NamedTuple):
    """What stands above a figure: a title, and a quieter line that says what is shown."""

    title: str
    line: str = ""


def wrapped(text: str, width: int, size: int) -> list[str]:
    """Lines of at most `width` pixels, broken between words; a word that is too long ends in an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(fitted(word, size, width))
    return lines


def headed(body: Image.Image, heading: Heading, foot: str = "", written: Sequence[str] = ()) -> Image.Image:
    """A figure of the usual width: heading, body in the middle, a quiet foot line.

    Args:
        written: what the body says; where its letters are written as codes, the foot says so.
    """
    if any(map(has_codes, (*heading, *written))):
        foot = f"{foot} {NOTE}".strip()
    room = WIDTH - 2 * MARGIN
    lines = [(line, TITLE, INK) for line in wrapped(heading.title, room, TITLE)]
    lines += [(line, TEXT, QUIET) for line in wrapped(heading.line, room, TEXT)]
    foots = wrapped(foot, room, SMALL)
    top = MARGIN + sum(round(size * 1.3) for _, size, _ in lines) + 8
    bottom = round(len(foots) * SMALL * 1.3) + (MARGIN if foots else 0)
    figure = Image.new("RGB", (WIDTH, top + body.height + bottom + MARGIN // 2), PAPER)
    pen = ImageDraw.Draw(figure)
    y = MARGIN - 6
    for line, size, colour in lines:
        write(pen, (MARGIN, y), line, size, colour)
        y += round(size * 1.3)
    figure.paste(body, ((WIDTH - body.width) // 2, top))
    for number, line in enumerate(foots):
        write(pen, (MARGIN, top + body.height + 8 + round(number * SMALL * 1.3)), line, SMALL, QUIET)
    return figure
