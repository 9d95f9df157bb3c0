"""The curve of a range test: smoothed loss over learning rate, as an SVG file of its own."""

from collections.abc import Sequence
from math import log10

from striate.drawing.svg.charts import Number
from striate.drawing.svg.frame import FONT, as_file

WIDTH, HEIGHT, MARGIN = 640, 300, 56
INK, QUIET, ACCENT = "#1c2126", "#8a939b", "#0b5d7a"


def range_chart(rates: Sequence[float], losses: Sequence[float], lowest: float, chosen: float) -> str:
    """The chart's SVG.

    Args:
        rates: tried, rising geometrically.
        losses: smoothed, one a rate.
        lowest: the rate with the lowest loss.
        chosen: the rate that was taken, marked.
    """
    low, high = log10(rates[0]), log10(rates[-1])
    bottom, top = min(losses), min(max(losses), 2 * losses[0])

    def x(rate: float) -> float:
        return MARGIN + (log10(rate) - low) / max(high - low, 1e-9) * (WIDTH - MARGIN - 20)

    def y(loss: float) -> float:
        share = (min(loss, top) - bottom) / max(top - bottom, 1e-9)
        return HEIGHT - 44 - share * (HEIGHT - 74)

    points = " ".join(f"{x(rate):.1f},{y(loss):.1f}" for rate, loss in zip(rates, losses, strict=True))
    decades = [10.0**power for power in range(int(low // 1) + 1, int(high // 1) + 1)]
    marks = [_line(x(rate), HEIGHT - 44, x(rate), HEIGHT - 38, QUIET) for rate in decades]
    marks += [_text(x(rate), HEIGHT - 22, f"{rate:g}", "middle", QUIET) for rate in decades]
    marks += [_text(MARGIN - 8, y(loss) + 4, f"{loss:.3g}", "end", QUIET) for loss in (bottom, top)]
    marks += [_line(x(chosen), 24, x(chosen), HEIGHT - 44, ACCENT)]
    marks += [_text(x(chosen) - 6, 20, f"taken: {chosen:g}", "end", ACCENT)]
    marks += [f'<circle cx="{x(lowest):.1f}" cy="{y(bottom):.1f}" r="3.5" fill="{ACCENT}"/>']
    marks += [_text(WIDTH - 20, HEIGHT - 6, "learning rate", "end", QUIET)]
    marks += [_text(8, 20, "loss", "start", QUIET)]
    told = f"Loss over learning rate; the lowest at {lowest:.2g}, {chosen:g} was taken"
    curve = f'<polyline points="{points}" fill="none" stroke="{INK}" stroke-width="2"/>'
    return as_file(WIDTH, HEIGHT, told, "".join(marks) + curve)


def _line(x1: Number, y1: Number, x2: Number, y2: Number, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: Number, y: Number, text: str, anchor: str, colour: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" style="{FONT}">{text}</text>'
    )
