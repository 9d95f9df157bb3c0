"""Thumbnails at places in a plane, framed in the colour of their class."""

import colorsys
from collections.abc import Sequence

import torch
from jaxtyping import Float
from PIL import Image, ImageDraw
from torch import Tensor

from striate.drawing.figure import MARGIN, SMALL, WIDTH, Heading, headed
from striate.drawing.lettering import fitted, text_width, write
from striate.drawing.palette import INK, PAPER, Colour

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

    Each takes the nearest free cell of a fine grid, so that none hides another.

    Args:
        places: any unit; both axes are stretched to the figure.
        classes: an index into `names` for each picture, or None.
    """
    width = WIDTH - 2 * MARGIN
    across = max(8, round(1.35 * len(thumbnails) ** 0.5))  # cells along a side, so half of them are free
    side = width // across
    colours = class_colours(len(names))
    rows = _key_rows(names, width)
    top = 36 * len(rows) + (12 if rows else 0)
    body = Image.new("RGB", (width, top + width), PAPER)
    pen = ImageDraw.Draw(body)
    for row, members in enumerate(rows):
        x = 0
        for number in members:
            pen.rectangle((x, 36 * row + 4, x + 24, 36 * row + 28), fill=colours[number])
            name = fitted(names[number], SMALL, width // 2)
            write(pen, (x + 34, 36 * row), name, SMALL, INK)
            x += 34 + text_width(name, SMALL) + 28
    frame = max(3, side // 12)
    for image, (column, row), label in zip(thumbnails, free_cells(places, across), classes, strict=True):
        x, y = column * side, top + (across - 1 - row) * side
        colour = INK if label is None else colours[label]
        pen.rectangle((x, y, x + side - 2, y + side - 2), fill=colour)
        inner = side - 1 - 2 * frame
        body.paste(image.resize((inner, inner), Image.Resampling.LANCZOS), (x + frame, y + frame))
    return headed(body, heading, foot, names if rows else ())


def free_cells(places: Float[Tensor, "B 2"], across: int) -> list[tuple[int, int]]:
    """A cell (column, row from below) of a square grid for each place: the nearest that is still free.

    Places in the middle of the crowd choose first. There must be at least as many cells as places.
    """
    low, high = places.amin(dim=0), places.amax(dim=0)
    wanted = (places - low) / (high - low).clamp(min=1e-12) * (across - 1)
    columns, rows = torch.meshgrid(torch.arange(across), torch.arange(across), indexing="ij")
    cells = torch.stack([columns.flatten(), rows.flatten()], dim=1).to(wanted.dtype)
    distances = torch.cdist(wanted, cells)
    crowd = torch.cdist(wanted, wanted).sort(dim=1).values[:, : 1 + len(places) // 10].sum(dim=1)
    found = [(0, 0)] * len(places)
    for picture in crowd.argsort(stable=True).tolist():
        cell = int(distances[picture].argmin())
        distances[:, cell] = float("inf")
        found[picture] = divmod(cell, across)
    return found


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
