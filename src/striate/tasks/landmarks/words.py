"""What landmarks are worth, in lines for people."""

from collections.abc import Mapping
from typing import Any

from striate.data.wording import counted, percent
from striate.tasks.answers import Figures
from striate.tasks.landmarks.decode import THERE, Marked
from striate.tasks.landmarks.figures import SHARES
from striate.tasks.words import interval, interval_of, nothing, number


def in_words(answer: Marked) -> str:
    """An answer in a part of a line; a point that cannot be seen is in brackets."""
    if not answer.present:
        return nothing(answer.presence)
    pairs = zip(answer.points, answer.visibility, strict=True)
    shown = (f"({x:.1f}, {y:.1f})" if seen >= THERE else f"[{x:.1f}, {y:.1f}]" for (x, y), seen in pairs)
    return " ".join(shown)


def sentence(metrics: Mapping[str, Any], pictures: int, where: str) -> str:
    """The mean distance with its interval."""
    if metrics["mean_distance"] is None:
        return f"none of {pictures:,} {where} has points; presence is right in {percent(metrics['presence'])}"
    return (
        f"points are {metrics['mean_distance']:.2f} pixels beside the truth on average of "
        f"{pictures:,} {where}, {interval_of(metrics, 'mean_distance', _pixels)}"
    )


def compared(metrics: Mapping[str, Any]) -> dict[str, str]:
    """A run's line in the table of `compare`."""
    return {
        "mean distance": number(metrics["mean_distance"], 2),
        "95 % interval": interval(metrics["mean_distance_interval"], _pixels),
        "presence": percent(metrics["presence"]),
    }


def figures_table(figures: Figures) -> list[str]:
    """How many points are near enough, the flags, and a line for every point."""
    metrics, details = figures.metrics, figures.details
    lines = []
    for share in SHARES if metrics["mean_distance"] is not None else ():
        near = f"within {100 * share:g} % of the picture's longer side"
        ends = interval(metrics[f"pck_{share:g}_interval"])
        lines.append(f"{percent(metrics[f'pck_{share:g}'])} of points {near} ({ends})")
    pictures = counted(details["pictures"], "picture")
    lines.append(f"whether the thing is there: right in {percent(metrics['presence'])} of {pictures}")
    if metrics["visible"] is not None:
        lines.append(f"whether a point can be seen: right for {percent(metrics['visible'])}")
    if details["per_point"]:
        lines.append("point  mean distance in pixels")
        lines += [
            f"{point:>5}  {number(value, 2):>23}" for point, value in enumerate(details["per_point"], 1)
        ]
    return lines


def _pixels(value: float) -> str:
    return number(value, 2)
