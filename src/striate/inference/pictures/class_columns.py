"""How every table of answers names the column of a class and rounds its numbers."""

from typing import Any


def class_column(label: str) -> str:
    """The heading over a class: `p(cat)`, so that one called `file` makes no second column `file`."""
    return f"p({label})"


def rounded(cell: Any) -> Any:
    """Six decimals are enough for any probability; texts and counts stay."""
    return round(cell, 6) if isinstance(cell, float) else cell
