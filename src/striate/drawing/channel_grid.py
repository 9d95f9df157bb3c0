"""Pictures side by side with captions: channels, kernels, patterns, patches, neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw
from torch import Tensor

from striate.drawing.colour_map import heat_colours
from striate.drawing.figure import MARGIN, SMALL, WIDTH, Heading, headed
from striate.drawing.lettering import fitted, write
from striate.drawing.palette import EMPTY, INK, PAPER, QUIET, RULE, SERIES, Colour

GAP = 10
LINE = 30  # pixels of a caption's line
BAR = 8
SHOWN = 0.99  # of numbers around zero, the share that is drawn in its true proportion


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a grid.

    Attributes:
        image: RGB, enlarged or shrunk to the grid's cells.
        caption: lines below it.
        frame: a colour around it.
        bar: length of a bar below it, in [0, 1].
        crossed: drawn over, for what is silent.
    """

    image: Image.Image
    caption: tuple[str, ...] = ()
    frame: Colour | None = None
    bar: float | None = None
    crossed: bool = False


def map_image(values: Float[Tensor, "H W"]) -> Image.Image:
    """Numbers as colours: the lowest is dark, the highest yellow; all equal is dark."""
    array = values.detach().cpu().numpy().astype(np.float64)
    low, high = float(array.min()), float(array.max())
    return Image.fromarray(heat_colours((array - low) / (high - low) if high > low else np.zeros_like(array)))


def picture_image(picture: Any) -> Image.Image:
    """An 8-bit picture (C, H, W), grey or RGB, as an RGB image."""
    pixels = np.asarray(picture).transpose(1, 2, 0)
    return Image.fromarray(np.ascontiguousarray(pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels))


def signed_image(values: Float[Tensor, "C H W"]) -> Image.Image:
    """Numbers around zero, one or three channels: zero is mid grey, black and white what few are beyond.

    Of what is not zero the largest hundredth is cut off, or a few points would leave all others grey.
    """
    sizes = values.detach().cpu().abs()
    sizes = sizes[sizes > 0]
    largest = float(sizes.quantile(SHOWN, interpolation="higher")) if len(sizes) else 1.0
    shown = (values.detach().cpu() / largest * 127 + 128).round().clamp(0, 255)
    return picture_image(shown.numpy().astype(np.uint8))


def tile_grid(tiles: Sequence[Tile], heading: Heading, columns: int = 8, foot: str = "") -> Image.Image:
    """A figure of the usual width; a cell is as high as the highest picture in it needs."""
    room = WIDTH - 2 * MARGIN
    side = (room - (columns - 1) * GAP) // columns
    heights = [max(1, round(side * tile.image.height / tile.image.width)) for tile in tiles]
    lines = max((len(tile.caption) for tile in tiles), default=0)
    below = lines * LINE + (BAR + 6 if any(tile.bar is not None for tile in tiles) else 0) + GAP
    rows = [list(range(start, min(start + columns, len(tiles)))) for start in range(0, len(tiles), columns)]
    tops, y = [], 0
    for row in rows:
        tops.append(y)
        y += max(min(heights[i], 2 * side) for i in row) + below
    body = Image.new("RGB", (room, max(1, y)), PAPER)
    for row, top in zip(rows, tops, strict=True):
        for column, i in enumerate(row):
            size = (side, min(heights[i], 2 * side))
            _draw(body, tiles[i], (column * (side + GAP), top), size)
    return headed(body, heading, foot, [line for tile in tiles for line in tile.caption])


def _draw(body: Image.Image, tile: Tile, place: tuple[int, int], size: tuple[int, int]) -> None:
    (x, y), (width, height) = place, size
    enlarging = tile.image.width < width
    how = Image.Resampling.NEAREST if enlarging else Image.Resampling.BOX
    body.paste(tile.image.resize(size, how), place)
    pen = ImageDraw.Draw(body)
    if tile.crossed:
        pen.rectangle((x, y, x + width - 1, y + height - 1), fill=EMPTY, outline=RULE, width=2)
        pen.line((x, y, x + width - 1, y + height - 1), fill=QUIET, width=2)
        pen.line((x, y + height - 1, x + width - 1, y), fill=QUIET, width=2)
    if tile.frame is not None:
        pen.rectangle((x, y, x + width - 1, y + height - 1), outline=tile.frame, width=6)
    y += height + 4
    if tile.bar is not None:
        pen.rectangle((x, y, x + width - 1, y + BAR), fill=RULE)
        pen.rectangle((x, y, x + max(1, round((width - 1) * tile.bar)), y + BAR), fill=SERIES[0])
        y += BAR + 4
    for number, line in enumerate(tile.caption):
        write(pen, (x, y), fitted(line, SMALL, width), SMALL, INK if number == 0 else QUIET)
        y += LINE
