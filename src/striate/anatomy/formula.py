"""The output size of a window that slides, and what to do where it does not fit."""

from dataclasses import dataclass
from fractions import Fraction

from striate.anatomy.geometry import Window
from striate.errors import StriateError


@dataclass(frozen=True, slots=True)
class Fit:
    """A window on `size` cells.

    Attributes:
        exact: (n + 2p - f) / s + 1, which need not be whole.
        cells: what comes out: `exact` rounded down.
        left_over: cells at the end that no window reads.
    """

    size: int
    window: Window
    exact: Fraction
    cells: int
    left_over: int

    @property
    def fits(self) -> bool:
        """Whether the last window ends at the last cell."""
        return self.left_over == 0

    @property
    def reads_all(self) -> bool:
        """Whether nothing but padding is left over."""
        return self.left_over <= self.window.padding


def fit(size: int, window: Window) -> Fit:
    """How a window slides over `size` cells.

    Raises:
        StriateError: the window is wider than the padded input.
    """
    room = size + 2 * window.padding - window.reach
    if room < 0:
        raise StriateError(
            f"a filter that reaches over {window.reach} does not fit into {size} with padding "
            f"{window.padding}; give a larger input or at least padding {(window.reach - size + 1) // 2}."
        )
    exact = Fraction(room, window.stride) + 1
    return Fit(size, window, exact, room // window.stride + 1, room % window.stride)


def size_text(size: int, window: Window, cells: int) -> str:
    """`floor((227 + 2*0 - 11) / 4) + 1 = 55`; `cells` is what came out, rounded up where a pool does so."""
    reach = str(window.kernel) if window.dilation == 1 else f"({window.dilation}*({window.kernel} - 1) + 1)"
    up = fit(size, window).cells != cells
    rounding = "ceil" if up else "floor"
    return f"{rounding}(({size} + 2*{window.padding} - {reach}) / {window.stride}) + 1 = {cells}"


def misfit_text(size: int, window: Window) -> str | None:
    """What does not fit, and paddings and strides that would; None if it fits."""
    found = fit(size, window)
    if found.fits:
        return None
    ways = []
    for name, values in (
        ("padding", fitting_paddings(size, window)),
        ("stride", fitting_strides(size, window)),
        ("an input of", [size - found.left_over, size - found.left_over + window.stride]),
    ):
        if values:
            ways.append(f"{name} {' or '.join(map(str, values))}")
    left = found.left_over
    plural = "s" * (left > 1)
    what = f"row{plural} and column{plural} " + ("of padding " if found.reads_all else "")
    exact = f"({size} + 2*{window.padding} - {window.reach}) / {window.stride} + 1 = {float(found.exact):.2f}"
    return (
        f"{exact} does not fit; rounded down to {found.cells}, {left} {what}at the end left over. "
        f"Would fit: {'; '.join(ways)}."
    )


def fitting_paddings(size: int, window: Window) -> list[int]:
    """Paddings smaller than the window with which nothing is left over, the two smallest."""
    every = (
        Window(window.kernel, window.stride, padding, window.dilation) for padding in range(window.reach)
    )
    return [one.padding for one in every if size + 2 * one.padding >= one.reach and fit(size, one).fits][:2]


def fitting_strides(size: int, window: Window) -> list[int]:
    """The nearest strides with which nothing is left over: one below, one above up to twice as large."""
    room = size + 2 * window.padding - window.reach
    fits = [stride for stride in range(1, room + 1) if room % stride == 0]
    below = [stride for stride in fits if stride < window.stride][-1:]
    return below + [stride for stride in fits if window.stride < stride <= 2 * window.stride][:1]
