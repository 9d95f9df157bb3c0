"""Curves over amounts with the pictures below them, one figure for several networks."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from PIL import Image, ImageDraw

from striate.drawing.figure import MARGIN, SMALL, WIDTH, Heading, headed
from striate.drawing.lettering import fitted, text_width, write
from striate.drawing.palette import INK, PAPER, QUIET, RULE, SERIES, Colour

SHARP = 3  # drawn so many times larger, then shrunk: smooth lines
PLOT = 330  # pixels high
LEFT = 84  # room for the axis's numbers
NEAR = 30  # pixels between two names


class Curve(NamedTuple):
    """One network's values in [0, 1], None where there is none; `full` says which points are filled."""

    name: str
    values: Sequence[float | None]
    full: Sequence[bool] | None = None


def course_figure(
    curves: Sequence[Curve],
    amounts: Sequence[str],
    pictures: Sequence[Image.Image],
    heading: Heading,
    *,
    axis: str,
    foot: str = "",
) -> Image.Image:
    """Curves with a picture under each amount, evenly spaced from left to right.

    Args:
        curves: values for each amount, from 0 to 1, drawn as percent.
        amounts: as the axis writes them.
        pictures: one an amount, or none at all.
        axis: what the amounts are.
    """
    width = WIDTH - 2 * MARGIN
    step = (width - LEFT) // len(amounts)
    centres = [LEFT + step * number + step // 2 for number in range(len(amounts))]
    side = step - 8
    legend = _legend_rows(curves, width)
    top = 34 * len(legend) + 20
    below = top + PLOT + 8
    height = below + (side + 6 if pictures else 0) + 2 * 34
    body = Image.new("RGB", (width, height), PAPER)
    body.paste(_plot(curves, centres, width), (0, top - 14))
    pen = ImageDraw.Draw(body)
    for row, members in enumerate(legend):
        x = LEFT
        for number in members:
            colour = SERIES[number % len(SERIES)]
            pen.rectangle((x, 34 * row + 11, x + 26, 34 * row + 17), fill=colour)
            name = fitted(curves[number].name, SMALL, width - LEFT - 40)
            write(pen, (x + 36, 34 * row), name, SMALL, colour)
            x += 36 + text_width(name, SMALL) + NEAR
    for share in (0, 25, 50, 75, 100):
        write(pen, (LEFT - 10, _height(share / 100) + top - 14), f"{share} %", SMALL, QUIET, "rm")
    for centre, picture in zip(centres, pictures, strict=False):
        how = Image.Resampling.LANCZOS if side < picture.width else Image.Resampling.NEAREST
        body.paste(picture.resize((side, side), how), (centre - side // 2, below))
    y = below + (side + 6 if pictures else 0)
    for centre, amount in zip(centres, amounts, strict=True):
        write(pen, (centre, y), amount, SMALL, INK, "ma")
    write(pen, (LEFT + (width - LEFT) // 2, y + 32), axis, SMALL, QUIET, "ma")
    return headed(body, heading, foot, [curve.name for curve in curves])


def _legend_rows(curves: Sequence[Curve], width: int) -> list[list[int]]:
    rows: list[list[int]] = []
    x = width
    for number, curve in enumerate(curves):
        needed = 36 + text_width(curve.name, SMALL) + NEAR
        if x + needed > width:
            rows.append([])
            x = LEFT
        rows[-1].append(number)
        x += needed
    return rows


def _height(value: float) -> int:
    return round(14 + (1 - value) * (PLOT - 28))


def _plot(curves: Sequence[Curve], centres: Sequence[int], width: int) -> Image.Image:
    plot = Image.new("RGB", (width * SHARP, PLOT * SHARP), PAPER)
    pen = ImageDraw.Draw(plot)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _height(share) * SHARP
        pen.line((LEFT * SHARP, y, width * SHARP, y), fill=RULE, width=SHARP * 2)
    for number, curve in enumerate(curves):
        _draw_curve(pen, curve, centres, SERIES[number % len(SERIES)])
    return plot.resize((width, PLOT), Image.Resampling.LANCZOS)


def _draw_curve(pen: ImageDraw.ImageDraw, curve: Curve, centres: Sequence[int], colour: Colour) -> None:
    points = [
        None if value is None else (x * SHARP, _height(value) * SHARP)
        for x, value in zip(centres, curve.values, strict=True)
    ]
    for one, other in pairwise(points):
        if one is not None and other is not None:
            pen.line((*one, *other), fill=colour, width=4 * SHARP)
    for place, point in enumerate(points):
        if point is None:
            continue
        x, y = point
        radius = 9 * SHARP
        full = curve.full is None or curve.full[place]
        pen.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            fill=colour if full else PAPER,
            outline=colour,
            width=3 * SHARP,
        )
