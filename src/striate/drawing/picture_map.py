"""Thumbnails at places in a plane, framed in the colour of their class."""

import colorsys
from collections.abc import Sequence

from jaxtyping import Float
from PIL import Image, ImageDraw
from torch import Tensor

from striate.drawing.figure import (
    INK,
    MARGIN,
    PAPER,
    SMALL,
    WIDTH,
    Colour,
    Heading,
    headed,
    text_width,
    write,
)
from striate.drawing.lettering import fitted, font

NAMED = 24  # classes of which the names stand in the key


def class_colours(count: int) -> list[Colour]:
    """Colours around the circle, neighbours of different lightness."""
    colours = []
    for number in range(count):
        red, green, blue = colorsys.hls_to_rgb(number / max(count, 1), 0.36 + 0.16 * (number % 2), 0.75)
        colours.append((round(255 * red), round(255 * green), round(255 * blue)))
    return colours


def picture_map(
    thumbnails: Sequence[Image.Image],
    places: Float[Tensor, "B 2"],
    classes: Sequence[int | None],
    names: Sequence[str],
    heading: Heading,
    foot: str = "",
) -> Image.Image:
    """All thumbnails where they lie, the larger the fewer there are, under a key of the classes.

    Args:
        places: any unit; both axes are stretched to the figure.
        classes: an index into `names` for each picture, or None.
    """
    width = WIDTH - 2 * MARGIN
    side = max(22, min(110, round(1.6 * width / max(len(thumbnails), 1) ** 0.5 / 2)))
    colours = class_colours(len(names))
    rows = _key_rows(names, width)
    top = 36 * len(rows) + (12 if rows else 0)
    body = Image.new("RGB", (width, top + width), PAPER)
    pen = ImageDraw.Draw(body)
    for row, members in enumerate(rows):
        x = 0
        for number in members:
            pen.rectangle((x, 36 * row + 4, x + 24, 36 * row + 28), fill=colours[number])
            name = fitted(names[number], font(SMALL), width // 2)
            write(pen, (x + 34, 36 * row), name, SMALL, INK)
            x += 34 + text_width(name, SMALL) + 28
    low = places.amin(dim=0)
    spread = (places.amax(dim=0) - low).clamp(min=1e-12)
    room = width - side - 8
    for image, place, label in zip(thumbnails, ((places - low) / spread).tolist(), classes, strict=True):
        x, y = 4 + round(place[0] * room), top + 4 + round((1 - place[1]) * room)
        small = image.resize((side, side), Image.Resampling.LANCZOS)
        body.paste(small, (x, y))
        colour = INK if label is None else colours[label]
        pen.rectangle((x - 1, y - 1, x + side, y + side), outline=colour, width=max(3, side // 14))
    return headed(body, heading, foot)


def _key_rows(names: Sequence[str], width: int) -> list[list[int]]:
    """The classes in lines of the key; none where there are too many to tell apart."""
    if len(names) > NAMED:
        return []
    rows: list[list[int]] = []
    x = width
    for number, name in enumerate(names):
        needed = 34 + min(text_width(name, SMALL), width // 2) + 28
        if x + needed > width + 28:
            rows.append([])
            x = 0
        rows[-1].append(number)
        x += needed
    return rows
