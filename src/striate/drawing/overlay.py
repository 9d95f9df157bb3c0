"""Heat laid over a picture, and pictures side by side under a title: one image for a talk or a phone."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from striate.drawing.box import Box, draw_box
from striate.drawing.colour_map import heat_colours
from striate.drawing.figure import wrapped
from striate.drawing.lettering import NOTE, fitted, has_codes, write
from striate.drawing.palette import INK, PAPER, QUIET, Colour

Line = tuple[str, int, Colour]  # of text, with the size of its letters in pixels
STRENGTH = 0.65  # of the colour where heat is 1
SHOWN = 640  # pixels of a panel's longer side


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
    from scipy import ndimage  # slow to import, and most drawings have no heat

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
    large, small = max(22, width // 24), max(18, width // 32)
    foot = _foot([title, *lines, *(line for panel in panels for line in (panel.title, *panel.lines))])
    foots = wrapped(foot, width - 2 * gap, small)
    heads = [_lines(panel, wide, max(18, width // 36)) for panel in panels]
    rows = [range(first, min(first + columns, len(panels))) for first in range(0, len(panels), columns)]
    heights = [max(_height(heads[i]) + panels[i].image.height for i in row) + gap for row in rows]
    strong = [(line, large, INK) for line in wrapped(title, width - 2 * gap, large)[:3]]
    below = gap // 2 + round(1.3 * large) * len(strong)
    top = below + gap - gap // 2 + round(1.4 * small) * len(lines)
    height = top + sum(heights) + gap // 2 + round(1.4 * small) * len(foots)
    image = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(image)
    _write_lines(draw, (gap, gap // 2), strong)
    told = [(fitted(line, small, width - 2 * gap), small, QUIET) for line in lines]
    _write_lines(draw, (gap, below), told, 1.4)
    for row, high in zip(rows, heights, strict=True):
        head = max(_height(heads[i]) for i in row)
        for column, index in enumerate(row):
            left = gap + column * (wide + gap)
            _write_lines(draw, (left, top), heads[index])
            image.paste(panels[index].image, (left, top + head))
        top += high
    _write_lines(draw, (gap, top), [(line, small, QUIET) for line in foots], 1.4)
    return image


def _foot(texts: Sequence[str]) -> str:
    return NOTE if any(map(has_codes, texts)) else ""


def _lines(panel: Panel, wide: int, size: int) -> list[Line]:
    quiet = max(16, round(0.85 * size))
    strong = [(fitted(panel.title, size, wide), size, INK)] if panel.title else []
    return strong + [(fitted(line, quiet, wide), quiet, QUIET) for line in panel.lines]


def _write_lines(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], lines: Sequence[Line], spacing: float = 1.3
) -> None:
    left, top = place
    for text, size, colour in lines:
        write(draw, (left, top), text, size, colour)
        top += round(spacing * size)


def _height(lines: Sequence[Line]) -> int:
    heights = [round(1.3 * size) for _, size, _ in lines]
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
