"""What moved between two measurements, as a page and a terminal show it."""

from collections.abc import Sequence
from typing import Any

from striate.metrics.moved import Moved, Unit
from striate.reports import words

MEANING = {  # of what is not plain from its name
    "mean confidence": "the mean probability of the answers",
    "unsure answers": "below the probability from which on 95 % were right on validation",
    "brightness": "0 % black, 100 % white",
    "size": "square root of height times width",
    "sharpness": "how much neighbouring pixels of the input differ",
}


def value_text(value: float, unit: Unit) -> str:
    """A measured value with its unit."""
    if unit == "share":
        return words.percent(value)
    return f"{value:,.0f}{words.NBSP}px" if unit == "pixels" else words.short(value)


def chance_text(p: float) -> str:
    """`p = 0.03`, never more exact than it means."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def moved_rows(moved: Sequence[Moved]) -> list[dict[str, Any]]:
    """A line a measured thing, in words."""
    return [
        {
            "name": one.name,
            "meaning": MEANING.get(one.name, ""),
            "before": value_text(one.before, one.unit),
            "after": value_text(one.after, one.unit),
            "chance": chance_text(one.p),
            "beyond": one.beyond_chance,
        }
        for one in moved
    ]


def tests_named(moved: Sequence[Moved]) -> str:
    """Which tests were used, for a sentence."""
    return " and ".join(dict.fromkeys(one.test for one in moved))


def moved_sentence(one: Moved, since: str) -> str:
    """One change that is more than chance: `right answers 61 % against 92 % on ...`."""
    before, after = (value_text(value, one.unit) for value in (one.before, one.after))
    said = f"{one.name} {after} against {before} {since}: more than chance ({chance_text(one.p)}, {one.test})"
    return said.replace(words.NBSP, " ")
