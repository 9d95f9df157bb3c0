"""A figure's heading, foot and sizes of letters: for a slide, and still legible at a phone's width.

A figure is 1,080 pixels wide; a phone shows it at a third of that, so nothing is written smaller than 24.
"""

from typing import NamedTuple

from PIL import Image, ImageDraw

from striate.drawing.lettering import fitted, font

WIDTH = 1080  # pixels of every figure
MARGIN = 24
TITLE, TEXT, SMALL = 38, 28, 24  # pixels
INK, QUIET, RULE, PAPER = (28, 33, 38), (91, 101, 110), (222, 219, 211), (255, 255, 255)
# Told apart in grey and by the colour-blind; the first carries the message.
SERIES = ((11, 93, 122), (196, 92, 12), (88, 140, 50), (136, 72, 150), (150, 130, 20), (60, 60, 60))
Colour = tuple[int, int, int]


class Heading(NamedTuple):
    """What stands above a figure: a title, and a quieter line that says what is shown."""

    title: str
    line: str = ""


def text_width(text: str, size: int) -> int:
    """Pixels that `text` takes."""
    return round(float(font(size).getlength(text)))


def wrapped(text: str, width: int, size: int) -> list[str]:
    """Lines of at most `width` pixels, broken between words; a word that is too long ends in an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(fitted(word, font(size), width))
    return lines


def write(
    pen: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    size: int = TEXT,
    colour: Colour = INK,
    anchor: str = "la",
) -> None:
    """Write one line; `anchor` is Pillow's: `la` starts at the left top, `mm` is centred."""
    pen.text(place, text, font=font(size), fill=colour, anchor=anchor)


def headed(body: Image.Image, heading: Heading, foot: str = "") -> Image.Image:
    """A figure of the usual width: heading, body in the middle, a quiet foot line."""
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
