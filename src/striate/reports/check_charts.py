"""The small pictures of the check page, and its chart of picture sizes."""

import base64
import io
import math
from collections import Counter
from collections.abc import Mapping

import numpy as np
from PIL import Image

from striate.drawing.svg.frame import in_page
from striate.shapes import Picture

Number = float | int
SIDE = 160  # pixels of the longer side, at most
QUALITY = 82
SPOTS = 400  # different sizes that are drawn

_WIDTH, _HEIGHT = 460, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 445, 14, 222
_TICKS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)


def small_uri(picture: Picture) -> str:
    """A picture as a data URI, at most 160 pixels large; very small ones grow by a whole factor."""
    pixels = np.asarray(picture).transpose(1, 2, 0)  # (H, W, C)
    image = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels))
    if max(image.size) > SIDE:
        image.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    if max(image.size) <= SIDE // 2:
        factor = SIDE // max(image.size)
        image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
        image.save(buffer, "PNG", optimize=True)
        return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    image.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def size_chart(sizes_hw: Mapping[int, tuple[int, int]], odd: set[int]) -> str:
    """Width against height, both as powers of two: a spot a size, its area the number of pictures.

    Args:
        sizes_hw: height and width by row.
        odd: rows whose spot is marked.
    """
    if not sizes_hw:
        return ""
    spots = Counter(sizes_hw.values())
    marked = {sizes_hw[row] for row in odd if row in sizes_hw}
    sides = [side for size in spots for side in size]
    low, high = math.log2(min(sides)) - 0.3, math.log2(max(sides)) + 0.3
    if high - low < 2:
        low, high = (low + high) / 2 - 1, (low + high) / 2 + 1

    def x(width: int) -> float:
        return _LEFT + (math.log2(width) - low) / (high - low) * (_RIGHT - _LEFT)

    def y(height: int) -> float:
        return _BOTTOM - (math.log2(height) - low) / (high - low) * (_BOTTOM - _TOP)

    parts = []
    for tick in _TICKS:
        if low <= math.log2(tick) <= high:
            parts += [_line(x(tick), _TOP, x(tick), _BOTTOM), _line(_LEFT, y(tick), _RIGHT, y(tick))]
            parts += [
                _text(x(tick), _BOTTOM + 16, tick, "middle"),
                _text(_LEFT - 6, y(tick) + 4, tick, "end"),
            ]
    parts.append(_text((_LEFT + _RIGHT) / 2, _BOTTOM + 33, "width in pixels", "middle"))
    most = max(spots.values())
    for (height, width), count in spots.most_common(SPOTS):
        radius = max(2.5, 13 * math.sqrt(count / most))
        colour = "var(--wrong,#a8380f)" if (height, width) in marked else "var(--accent,#0b5d7a)"
        told = f"{width} x {height}: {count:,} {'picture' if count == 1 else 'pictures'}"
        parts.append(
            f'<circle cx="{x(width):.1f}" cy="{y(height):.1f}" r="{radius:.1f}" '
            f'style="fill:{colour};opacity:.55"><title>{told}</title></circle>'
        )
    label = f"Height against width of {sum(spots.values()):,} pictures in {len(spots):,} sizes."
    return in_page(_WIDTH, _HEIGHT, label, "".join(parts))


def _line(x1: Number, y1: Number, x2: Number, y2: Number) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" style="stroke:var(--rule,#dedbd3)"/>'
    )


def _text(x: Number, y: Number, text: str | int, anchor: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} style="fill:var(--quiet,#5b656e)">{text}</text>'
