"""Reliability diagram and accuracy over coverage, as small SVG texts for a page.

Colours are the page's, as in `drawing.svg.charts`.
"""

from collections.abc import Sequence
from html import escape

from striate.drawing.svg.charts import (
    ACCENT,
    PAPER,
    QUIET,
    RULE,
    Frame,
    Number,
    nice_ticks,
    room_for,
    tick_text,
)
from striate.drawing.svg.frame import in_page

Interval = tuple[Number, Number]
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability_diagram(
    bins: Sequence[tuple[Number, Number, Interval]], before: Sequence[tuple[Number, Number]]
) -> str:
    """Share of right answers over stated probability; a calibrated network lies on the diagonal.

    Args:
        bins: (confidence, accuracy, 95 % interval of the accuracy), fractions.
        before: (confidence, accuracy) without temperature, drawn quietly.
    """
    frame = Frame(48, 12, 400, 268, (0.0, 1.0), (0.0, 1.0))
    parts = _axes(frame, QUARTERS, QUARTERS, "stated probability")
    parts.append(_line(frame, (0, 0), (1, 1), QUIET, dashes="4 4"))
    parts += [_ring(frame, x, y, f"without temperature: {_told(x, y)}") for x, y in before]
    for x, y, (low, high) in bins:
        parts.append(_line(frame, (x, low), (x, high), ACCENT, width=2))
        parts.append(_disc(frame, x, y, _told(x, y)))
    said = "; ".join(_told(x, y) for x, y, _ in bins)
    return in_page(420, 310, f"Reliability: {said}.", "".join(parts))


def coverage_chart(points: Sequence[tuple[Number, Number, Interval]]) -> str:
    """Share of right answers over the share of pictures that get an answer, with its 95 % band.

    Args:
        points: (coverage, accuracy, 95 % interval of the accuracy), fractions, in order of coverage.
    """
    if not points:
        return ""
    ticks = nice_ticks(min(0.999, *(low for _, _, (low, _) in points)), 1.0)
    ticks = [tick for tick in ticks if tick <= 1.0]
    frame = Frame(room_for(ticks, "percent"), 12, 400, 268, (0.0, 1.0), (ticks[0], 1.0))
    parts = _axes(frame, QUARTERS, ticks, "share of pictures that get an answer")
    upper = [(x, high) for x, _, (_, high) in points]
    lower = [(x, low) for x, _, (low, _) in reversed(points)]
    parts.append(f'<path d="{_path(frame, upper + lower)}Z" style="fill:{ACCENT};opacity:.16"/>')
    curve = _path(frame, [(x, y) for x, y, _ in points])
    parts.append(f'<path d="{curve}" style="fill:none;stroke:{ACCENT};stroke-width:2.25"/>')
    parts += [_disc(frame, x, y, f"{_share(y)} right of {_share(x)}", radius=2.5) for x, y, _ in points]
    first, last = points[0], points[-1]
    said = f"{_share(first[1])} right at {_share(first[0])}, {_share(last[1])} right at {_share(last[0])}"
    return in_page(420, 310, f"Accuracy over coverage: {said}.", "".join(parts))


def _axes(frame: Frame, columns: Sequence[Number], rows: Sequence[Number], name: str) -> list[str]:
    parts, step = [], rows[1] - rows[0]
    for row in rows:
        parts.append(_line(frame, (0, row), (1, row), RULE))
        parts.append(_text(frame.left - 7, frame.y(row) + 4, tick_text(row, step, "percent"), "end"))
    parts += [_text(frame.x(c), frame.bottom + 17, tick_text(c, 0.25, "percent"), "middle") for c in columns]
    parts.append(_text((frame.left + frame.right) / 2, frame.bottom + 34, name, "middle"))
    return parts


def _path(frame: Frame, points: Sequence[tuple[Number, Number]]) -> str:
    return "M" + "L".join(f"{frame.x(x):.1f} {frame.y(y):.1f}" for x, y in points)


def _line(
    frame: Frame,
    start: tuple[Number, Number],
    end: tuple[Number, Number],
    colour: str,
    *,
    width: int = 1,
    dashes: str = "",
) -> str:
    (x1, y1), (x2, y2) = start, end
    dashed = f";stroke-dasharray:{dashes}" if dashes else ""
    return (
        f'<line x1="{frame.x(x1):.1f}" y1="{frame.y(y1):.1f}" x2="{frame.x(x2):.1f}" y2="{frame.y(y2):.1f}" '
        f'style="stroke:{colour};stroke-width:{width}{dashed}"/>'
    )


def _disc(frame: Frame, x: Number, y: Number, told: str, radius: float = 4.5) -> str:
    return (
        f'<circle cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="{radius:g}" style="fill:{ACCENT}">'
        f"<title>{escape(told)}</title></circle>"
    )


def _ring(frame: Frame, x: Number, y: Number, told: str) -> str:
    return (
        f'<circle cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="4" '
        f'style="fill:{PAPER};stroke:{QUIET};stroke-width:1.5"><title>{escape(told)}</title></circle>'
    )


def _text(x: Number, y: Number, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="fill:{QUIET}">{escape(text)}</text>'


def _told(x: Number, y: Number) -> str:
    return f"stated {_share(x)}, right {_share(y)}"


def _share(value: Number) -> str:
    return tick_text(value, None, "percent")
