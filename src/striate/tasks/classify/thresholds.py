"""From which probability on an answer may be believed: for all classes, or for each class on its own.

Chosen on validation pictures, which did not train the network; the temperature was fitted on the same ones.
"""

from collections.abc import Iterable, Mapping
from math import nextafter
from typing import NamedTuple, Protocol, runtime_checkable

from striate.errors import StriateError
from striate.metrics.selective import pictures_needed, threshold_for

WANTED = (0.9, 0.95, 0.98, 0.99)  # shares of right answers for which a run records its threshold
COUNTED_UNSURE = 0.95  # of these: evaluations count the answers below its threshold


@runtime_checkable
class Answered(Protocol):
    """An answer whose truth is known."""

    @property
    def predicted(self) -> str: ...
    @property
    def probability(self) -> float: ...
    @property
    def right(self) -> bool: ...


class Judgement(NamedTuple):
    """The least that is `Answered`."""

    predicted: str
    probability: float
    right: bool


def overall_threshold(answers: Iterable[Answered], wanted: float | int) -> float | None:
    """The lowest probability from which on `wanted` of the answers are right; None if there is none."""
    known = list(answers)
    return threshold_for([one.probability for one in known], [one.right for one in known], wanted)


def class_thresholds(
    answers: Iterable[Answered], classes: Iterable[str], wanted: float | int
) -> Mapping[str, float]:
    """For each class the lowest probability from which on `wanted` of its answers are right.

    A class whose own answers are too few or too often wrong gets the threshold of all classes, or more,
    so that its own most probable wrong answer stays below.

    Raises:
        StriateError: not even all classes together reach `wanted`.
    """
    known = list(answers)
    general = overall_threshold(known, wanted)
    if general is None:
        needed, pictures = pictures_needed(wanted), len(known)
        raise StriateError(
            f"{100 * wanted:g} % of the answers cannot be promised: validation has {pictures} pictures (at "
            f"least {needed} right ones are needed), or too many of its surest answers are wrong. "
            "Ask for less, or train with more pictures."
        )
    found = {}
    for name in classes:
        own = [one for one in known if one.predicted == name]
        threshold = overall_threshold(own, wanted)
        if threshold is None:
            wrong = (one.probability for one in own if not one.right)
            threshold = max(general, nextafter(max(wrong, default=0.0), 2.0))
        found[name] = threshold
    return found
