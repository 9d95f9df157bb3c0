"""Line charts and intervals as small SVG texts: the same numbers give the same bytes.

For use inside a page (no namespace, so not as a file). Colours are CSS variables of that page (`--ink --quiet
--rule --accent --paper`), so that a chart follows light, dark and print. No ids, no script, no style sheet.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from striate.drawing.svg.frame import in_page

Number = float | int  # a JSON file says 1 where a program meant 1.0
Unit = Literal["number", "percent"]
INK = "var(--ink,#1c2126)"
QUIET = "var(--quiet,#5b656e)"
RULE = "var(--rule,#dedbd3)"
ACCENT = "var(--accent,#0b5d7a)"
PAPER = "var(--paper,#fff)"
LINE_GAP = 14  # pixels between two labels
LEAST, MOST = 1e-300, 1e300  # what an axis can span: beyond, steps are no numbers any more


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: a value for each x, None where there is none. The strong one carries the message."""

    name: str
    values: Sequence[Number | None]
    strong: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """A named stretch of x, both ends included."""

    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Frame:
    """Where data coordinates lie on the paper: the plot's edges in pixels and the data at them."""

    left: Number
    top: Number
    right: Number
    bottom: Number
    x_range: tuple[Number, Number]
    y_range: tuple[Number, Number]

    def x(self, value: Number) -> float:
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value: Number) -> float:
        low, high = self.y_range
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)


def line_chart(
    title: str,
    lines: Sequence[Line],
    *,
    unit: Unit = "number",
    spans: Sequence[Span] = (),
    marked: int | None = None,
    height: int = 250,
) -> str:
    """Curves over epochs 1, 2, 3...; `spans` are separated by dashed lines, `marked` is the best epoch.

    Percentages are fractions and their axis ends at 1; other axes begin at 0. Values that are not
    finite are gaps.
    """
    lines = [Line(one.name, [_finite(v) for v in one.values], one.strong) for one in lines]
    values = [value for one in lines for value in one.values if value is not None]
    epochs = max((len(one.values) for one in lines), default=0)
    if not values:
        return ""
    ticks = nice_ticks(*_limits(values, unit))
    margin = 16 + 7 * max(len(one.name) for one in lines)
    left = room_for(ticks, unit)
    frame = Frame(left, 26, 460 - margin, height - 34, _epoch_range(epochs), (ticks[0], ticks[-1]))
    parts = [
        *_horizontal(frame, ticks, unit),
        *_epochs(frame, epochs),
        *_spans(frame, spans),
        *_marker(frame, marked, epochs, label_low=unit == "percent"),
        *(_curve(frame, one) for one in lines),
        *_end_labels(frame, lines),
        *(_points(frame, one, unit, marked) for one in lines),
    ]
    ends = [f"{one.name} ends at {tick_text(last[1], None, unit)}" for one in lines if (last := _last(one))]
    return in_page(460, height, f"{title}: {'; '.join(ends).strip()}.", "".join(parts))


def interval_bar(
    value: Number, low: Number, high: Number, description: str, *, least: Number | None = None
) -> str:
    """A fraction with its interval on a scale from a round number below it, or below `least`, to 100 %."""
    lowest = min(low, value) if least is None else least
    floor = next((f for f in (0.98, 0.95, 0.9, 0.8, 0.5) if lowest >= f), 0.0)
    frame = Frame(16, 0, 344, 16, (floor, 1.0), (0.0, 1.0))
    x_low, x_high = frame.x(low), frame.x(high)
    size = f'x="{_n(x_low)}" y="11" width="{_n(max(x_high - x_low, 2))}" height="10" rx="5"'
    parts = [
        _rule(frame.left, 16, frame.right, 16, RULE, 2),
        f'<rect {size} style="fill:{ACCENT};opacity:.28"/>',
        f'<circle cx="{_n(frame.x(value))}" cy="16" r="5.5" style="fill:{ACCENT}"/>',
        _text(frame.left, 40, tick_text(floor, None, "percent"), QUIET, "start"),
        _text(frame.right, 40, "100\u00a0%", QUIET, "end"),
    ]
    return in_page(360, 46, description, "".join(parts))


def nice_ticks(low: Number, high: Number, count: int = 4) -> list[float]:
    """About `count` round steps (1, 2, 2.5 or 5 times a power of ten) that cover [low, high]; two or more."""
    if high - low < max(LEAST, 1e-12 * abs(low)):  # flat, as far as numbers can tell
        high = low + (abs(low) if abs(low) > LEAST else 1.0)
    rough = (high - low) / count
    exponent = math.floor(math.log10(rough))
    step = next(
        factor * 10.0**exponent for factor in (1, 2, 2.5, 5, 10) if factor * 10.0**exponent >= rough * 0.999
    )
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(12, 3 - exponent)  # a step has two digits, however small it is
    return [round(index * step, digits) for index in range(first, last + 1)]


def room_for(ticks: Sequence[Number], unit: Unit) -> int:
    """Pixels that the numbers of a vertical axis need on its left, 48 or more."""
    longest = max(len(tick_text(tick, ticks[1] - ticks[0], unit)) for tick in ticks)
    return max(48, 10 + 7 * longest)


def tick_text(value: Number, step: Number | None, unit: Unit) -> str:
    """A number as the axis writes it, with the decimals that `step` needs."""
    if unit == "percent":
        shown, step = value * 100, None if step is None else step * 100
        return f"{shown:.{_decimals(step, 1)}f}\u00a0%"
    return f"{value:.{_decimals(step, 4)}f}" if step is None or step >= 0.001 else f"{value:g}"


def _limits(values: list[Number], unit: Unit) -> tuple[Number, Number]:
    if unit == "percent":
        return max(0.0, min(*values, 0.98)), 1.0
    return min(0.0, *values), max(values)


def _epoch_range(epochs: int) -> tuple[Number, Number]:
    return (1, epochs) if epochs > 1 else (0.5, 1.5)


def _horizontal(frame: Frame, ticks: list[Number], unit: Unit) -> list[str]:
    step = ticks[1] - ticks[0]
    parts = []
    for tick in ticks:
        y = frame.y(tick)
        parts.append(_rule(frame.left, y, frame.right, y, RULE))
        parts.append(_text(frame.left - 7, y + 4, tick_text(tick, step, unit), QUIET, "end"))
    return parts


def _epochs(frame: Frame, epochs: int) -> list[str]:
    step = max(1, math.ceil(nice_ticks(0, epochs, 6)[1]))
    shown = sorted({1, *range(step, epochs + 1, step)} - ({step} if step == 2 and epochs > 8 else set()))
    parts = [_text(frame.x(epoch), frame.bottom + 17, str(epoch), QUIET, "middle") for epoch in shown]
    parts.append(_text((frame.left + frame.right) / 2, frame.bottom + 32, "epoch", QUIET, "middle"))
    return parts


def _spans(frame: Frame, spans: Sequence[Span]) -> list[str]:
    if len(spans) < 2:
        return []
    parts = []
    for span in spans:
        start = max(frame.left, frame.x(span.first - 0.5))
        end = min(frame.right, frame.x(span.last + 0.5))
        if start > frame.left:
            parts.append(_rule(start, frame.top - 16, start, frame.bottom, QUIET, dashes="3 3"))
        room = int((end - start) / 6.5)
        if room >= 3:
            name = span.name if len(span.name) <= room else span.name[: room - 1] + "…"
            parts.append(_text((start + end) / 2, frame.top - 8, name, QUIET, "middle"))
    return parts


def _marker(frame: Frame, marked: int | None, epochs: int, *, label_low: bool) -> list[str]:
    if marked is None or not 1 <= marked <= epochs:
        return []
    x = frame.x(marked)
    right = x < frame.right - 40
    y = (
        frame.bottom - 6 if label_low else frame.top + 12
    )  # where the curve is not: accuracy rises, loss falls
    return [
        _rule(x, frame.top, x, frame.bottom, ACCENT, dashes="1 3"),
        _text(x + (5 if right else -5), y, "best", ACCENT, "start" if right else "end"),
    ]


def _curve(frame: Frame, line: Line) -> str:
    style = (
        f"fill:none;stroke:{ACCENT};stroke-width:2.25"
        if line.strong
        else f"fill:none;stroke:{QUIET};stroke-width:1.5"
    )
    path, pen_up = [], True
    for epoch, value in enumerate(line.values, 1):
        if value is None:
            pen_up = True
            continue
        path.append(f"{'M' if pen_up else 'L'}{_n(frame.x(epoch))} {_n(frame.y(value))}")
        pen_up = False
    return f'<path d="{"".join(path)}" style="{style};stroke-linejoin:round"/>'


def _end_labels(frame: Frame, lines: Sequence[Line]) -> list[str]:
    """Each curve's name beside its last point, pushed apart so that no two overlap."""
    ends = sorted(
        ((frame.y(last[1]), frame.x(last[0]), one) for one in lines if (last := _last(one))),
        key=lambda e: e[0],
    )
    parts = []
    free_from = -math.inf
    room_below = (len(ends) - 1) * LINE_GAP
    for y, x, line in ends:
        y = max(min(y, frame.bottom - room_below), free_from)  # noqa: PLW2901
        free_from, room_below = y + LINE_GAP, room_below - LINE_GAP
        parts.append(
            _text(max(x, frame.left) + 8, y + 4, line.name, ACCENT if line.strong else QUIET, "start")
        )
    return parts


def _points(frame: Frame, line: Line, unit: Unit, marked: int | None) -> str:
    """Discs that tell their value on hover, visible only at the best epoch or where a line has one point."""
    parts = []
    known = sum(value is not None for value in line.values)
    for epoch, value in enumerate(line.values, 1):
        best = line.strong and epoch == marked
        if value is None or (known > 150 and not best):
            continue
        if best or known == 1:
            style = f"fill:{PAPER};stroke:{ACCENT if line.strong else QUIET};stroke-width:2.25"
        else:
            style = "fill:transparent"
        told = escape(", ".join(filter(None, (line.name, f"epoch {epoch}: {tick_text(value, None, unit)}"))))
        radius = 4 if best or known == 1 else 6
        parts.append(
            f'<circle cx="{_n(frame.x(epoch))}" cy="{_n(frame.y(value))}" r="{radius}" style="{style}">'
            f"<title>{told}</title></circle>"
        )
    return "".join(parts)


def _last(line: Line) -> tuple[int, float] | None:
    return next(((e, v) for e, v in reversed(list(enumerate(line.values, 1))) if v is not None), None)


def _finite(value: Number | None) -> float | None:
    return float(value) if value is not None and abs(value) < MOST else None  # not of NaN either


def _decimals(step: Number | None, otherwise: int) -> int:
    if step is None:
        return otherwise
    return next(
        (digits for digits in range(4) if abs(step * 10**digits - round(step * 10**digits)) < 1e-6), 4
    )


def _n(value: Number) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _rule(
    x1: Number, y1: Number, x2: Number, y2: Number, colour: str, width: Number = 1, dashes: str = ""
) -> str:
    dashed = f";stroke-dasharray:{dashes}" if dashes else ""
    return (
        f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" '
        f'style="stroke:{colour};stroke-width:{width:g}{dashed}"/>'
    )


def _text(x: Number, y: Number, text: str, colour: str, anchor: str) -> str:
    return f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}" style="fill:{colour}">{escape(text)}</text>'
