"""What the tasks' lines for people have in common: intervals, numbers that may be missing, a line a class."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from striate.data.wording import one_line, percent, probability


def number(value: float | None, digits: int) -> str:
    """With so many decimals; a dash for what was not measured."""
    return "-" if value is None else f"{value:.{digits}f}"


def interval(ends: Sequence[float] | None, shown: Callable[[float], str] = percent) -> str:
    """From low to high; a dash for what was not measured."""
    if ends is None:
        return "-"
    low, high = ends
    return f"{shown(low)} to {shown(high)}"


def interval_of(metrics: Mapping[str, Any], name: str, shown: Callable[[float], str] = percent) -> str:
    """The 95 % interval of a metric, at the end of a sentence."""
    return f"95 % interval {interval(metrics[f'{name}_interval'], shown)}"


def nothing(presence: float) -> str:
    """An answer of a task that may find nothing, and did."""
    return f"nothing (something with {probability(presence)})"


def class_table(columns: Mapping[str, int], cells: Mapping[str, Sequence[str]]) -> list[str]:
    """A heading and a line for every class; at least one class.

    Args:
        columns: their headings, beside the class, with their least widths.
        cells: of every class, in the order of the columns.
    """
    width = max(len("class"), *(len(one_line(label)) for label in cells))
    widths = [max(len(heading), least) for heading, least in columns.items()]
    rows = [("class", tuple(columns)), *((one_line(label), tuple(own)) for label, own in cells.items())]
    return [
        "  ".join([label.ljust(width), *(c.rjust(w) for c, w in zip(own, widths, strict=True))])
        for label, own in rows
    ]
