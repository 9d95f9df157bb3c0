"""What moved between two measurements on different pictures, and whether it moved by more than chance.

Shares are compared by Fisher's exact test, means by Welch's t-test, and the p-values of one comparison are
raised by Holm's rule, so that looking at many things does not find a change where there is none.

Source: Welch, "The generalization of 'Student's' problem when several different population variances are
involved", Biometrika 1947. Fisher and Holm: see `metrics/paired.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

SIGNIFICANT = 0.05
Unit = Literal["share", "pixels", "number"]
FISHER, WELCH = "Fisher's exact test", "Welch's t-test"


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n` pictures; n is at least 1."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """In [0, 1]."""
        return self.hits / self.n


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of `n` values and their standard deviation (that of a sample: divided by n - 1)."""

    value: float
    sd: float
    n: int
    unit: Unit = "number"


@dataclass(frozen=True, slots=True)
class Moved:
    """One measured thing before and after.

    Attributes:
        name: of the thing.
        before, after: its values.
        p: how often chance alone moves it so far, raised by Holm's rule.
        test: that gave p.
        unit: of the values; a share is in [0, 1].
    """

    name: str
    before: float
    after: float
    p: float
    test: str
    unit: Unit

    @property
    def beyond_chance(self) -> bool:
        """Whether it moved by more than chance does in 19 of 20 cases."""
        return self.p < SIGNIFICANT


def moved(before: Mapping[str, Share | Mean], after: Mapping[str, Share | Mean]) -> list[Moved]:
    """What both have measured, in the order of `before`."""
    from striate.metrics.paired import holm, unpaired_difference  # scipy, which a plain evaluation spares

    found = []
    for name, first in before.items():
        second = after.get(name)
        if isinstance(first, Share) and isinstance(second, Share):
            p = unpaired_difference(first.hits, first.n, second.hits, second.n).p
            found.append(Moved(name, first.value, second.value, p, FISHER, "share"))
        elif isinstance(first, Mean) and isinstance(second, Mean):
            p = welch(first, second)
            found.append(Moved(name, first.value, second.value, p, WELCH, first.unit))
    return [replace(one, p=p) for one, p in zip(found, holm([one.p for one in found]), strict=True)]


def welch(first: Mean, second: Mean) -> float:
    """The two-sided p-value of the difference of two means; 1 where one has fewer than two values."""
    from scipy.stats import t as student

    if min(first.n, second.n) < 2:
        return 1.0
    a, b = first.sd**2 / first.n, second.sd**2 / second.n
    if a + b == 0:
        return float(first.value == second.value)
    freedom = (a + b) ** 2 / (a**2 / (first.n - 1) + b**2 / (second.n - 1))
    return float(2 * student.sf(abs(first.value - second.value) / sqrt(a + b), freedom))
