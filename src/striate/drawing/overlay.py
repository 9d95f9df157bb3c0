"""Heat laid over a picture, and pictures side by side under a title: one image for a talk or a phone."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw
from scipy import ndimage

from striate.drawing.box import Box, draw_box
from striate.drawing.colour_map import heat_colours
from striate.drawing.lettering import fitted, font

STRENGTH = 0.65  # of the colour where heat is 1
SHOWN = 640  # pixels of a panel's longer side
PAPER, INK, QUIET = (255, 255, 255), (28, 33, 38), (91, 101, 110)


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of a sheet, with what stands above it: a strong line and quiet ones."""

    image: Image.Image
    title: str = ""
    lines: tuple[str, ...] = ()


def stretched(heat: Float[Any, "H W"]) -> Float[Any, "H W"]:
    """Heat that is scattered over single pixels, made visible: blurred a little, its hottest 0.5 % all 1.

    For pictures only; arrays and figures keep the heat as it is.
    """
    blurred = ndimage.gaussian_filter(heat, sigma=max(heat.shape) / 150)
    highest = np.quantile(blurred, 0.995)
    return np.clip(blurred / highest, 0, 1) if highest > 0 else blurred


def overlay(
    picture: UInt8[Any, "C H W"],
    heat: Float[Any, "H W"] | None = None,
    box: Box | None = None,
    *,
    side: int = SHOWN,
) -> Image.Image:
    """The picture in RGB, its longer side of `side` pixels, with heat in [0, 1] and a frame around `box`.

    The picture loses most of its colour, so that the heat's colours are not taken for it. Without heat it is
    the picture itself.
    """
    pixels = np.asarray(picture).transpose(1, 2, 0)
    colours = pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels
    if heat is not None:
        grey = colours.mean(axis=2, keepdims=True)
        faded = 0.25 * colours + 0.75 * grey
        share = STRENGTH * heat[..., None]
        colours = ((1 - share) * faded + share * heat_colours(heat)).round().astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(colours))
    ratio = side / max(image.size)
    method = Image.Resampling.NEAREST if ratio >= 4 and heat is None else Image.Resampling.BICUBIC
    shown = image.resize((max(1, round(image.width * ratio)), max(1, round(image.height * ratio))), method)
    if box is not None:
        x1, y1, x2, y2 = (round(side * ratio) for side in box)
        draw_box(shown, (x1, y1, x2, y2))
    return shown


def sheet(title: str, lines: Sequence[str], panels: Sequence[Panel], columns: int) -> Image.Image:
    """Panels in rows of `columns` under a title; letters grow with the sheet, so that a phone shows them."""
    wide = max(panel.image.width for panel in panels)
    gap = wide // 24
    columns = min(columns, len(panels))
    width = columns * wide + (columns + 1) * gap
    large, small = font(max(22, width // 24)), font(max(18, width // 32))
    heads = [_lines(panel, wide, max(18, width // 36)) for panel in panels]
    top = gap + round(1.3 * large.size) + round(1.4 * small.size) * len(lines)
    rows = [range(first, min(first + columns, len(panels))) for first in range(0, len(panels), columns)]
    heights = [max(_height(heads[i]) + panels[i].image.height for i in row) + gap for row in rows]
    image = Image.new("RGB", (width, top + sum(heights) + gap // 2), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((gap, gap // 2), fitted(title, large, width - 2 * gap), INK, large)
    for number, line in enumerate(lines):
        place = gap // 2 + round(1.3 * large.size) + number * round(1.4 * small.size)
        draw.text((gap, place), fitted(line, small, width - 2 * gap), QUIET, small)
    for row, height in zip(rows, heights, strict=True):
        head = max(_height(heads[i]) for i in row)
        for column, index in enumerate(row):
            left, line_top = gap + column * (wide + gap), top
            for text, letters, colour in heads[index]:
                draw.text((left, line_top), text, colour, letters)
                line_top += round(1.3 * letters.size)
            image.paste(panels[index].image, (left, top + head))
        top += height
    return image


def _lines(panel: Panel, wide: int, size: int) -> list[tuple[str, Any, tuple[int, int, int]]]:
    letters, quiet = font(size), font(max(16, round(0.85 * size)))
    strong = [(fitted(panel.title, letters, wide), letters, INK)] if panel.title else []
    return strong + [(fitted(line, quiet, wide), quiet, QUIET) for line in panel.lines]


def _height(lines: list[tuple[str, Any, tuple[int, int, int]]]) -> int:
    heights = [round(1.3 * int(letters.size)) for _, letters, _ in lines]
    return sum(heights) + heights[-1] // 5 if heights else 0


def jpeg_uri(image: Image.Image, side: int = 480) -> str:
    """The image as a small data URI for a page, its longer side at most `side` pixels."""
    small = image.copy()
    small.thumbnail((side, side))
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg(small)).decode()}"


def jpeg(image: Image.Image) -> bytes:
    """The image as a JPEG file; heat is smooth, so that little is lost."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()
