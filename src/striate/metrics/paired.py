"""Whether one classifier is better than another: the difference of two accuracies and what chance can do.

Source: McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
Psychometrika 1947 (its exact form, a binomial test on the pictures that only one of the two has right).
Intervals: Newcombe, "Improved confidence intervals for the difference between binomial proportions based on
paired data", Statistics in Medicine 1998, method 10, and "Interval estimation for the difference between
independent proportions: comparison of eleven methods", the same year, method 10. Several comparisons: Holm,
"A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 1979.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import binomtest, fisher_exact

from striate.metrics.accuracy import wilson_interval


@dataclass(frozen=True, slots=True)
class Difference:
    """The second accuracy minus the first.

    Attributes:
        difference: in [-1, 1].
        interval: its 95 % interval.
        p: how often chance alone gives a difference at least as large, if there is none.
    """

    difference: float
    interval: tuple[float, float]
    p: float


def paired_difference(both: int, only_first: int, only_second: int, neither: int) -> Difference:
    """Two classifiers on the same pictures.

    Args:
        both: pictures that both have right.
        only_first: pictures that only the first has right.
        only_second: pictures that only the second has right.
        neither: pictures that both have wrong.
    """
    n = both + only_first + only_second + neither
    disagree = only_first + only_second
    p = float(binomtest(only_first, disagree, 0.5).pvalue) if disagree else 1.0
    agreement = _correlation(both, only_first, only_second, neither)
    interval = _interval(both + only_first, n, both + only_second, n, agreement)
    return Difference((only_second - only_first) / n, interval, p)


def unpaired_difference(first_right: int, first_n: int, second_right: int, second_n: int) -> Difference:
    """Two classifiers on different pictures: a wider interval, Fisher's exact test."""
    table = np.array([[first_right, first_n - first_right], [second_right, second_n - second_right]])
    interval = _interval(first_right, first_n, second_right, second_n, 0.0)
    difference = second_right / second_n - first_right / first_n
    return Difference(difference, interval, min(1.0, float(fisher_exact(table).pvalue)))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values of several comparisons, raised so that one false alarm among all stays as rare as in one."""
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def _correlation(both: int, only_first: int, only_second: int, neither: int) -> float:
    """How alike the two are, towards 0 by half a picture a cell, as Newcombe's method 10 has it."""
    rows = (both + only_first) * (only_second + neither)
    columns = (both + only_second) * (only_first + neither)
    if not rows * columns:
        return 0.0
    product = float(both * neither - only_first * only_second)
    if product > 0:
        product = max(product - (both + only_first + only_second + neither) / 2, 0.0)
    return product / (sqrt(rows) * sqrt(columns))


def _interval(k1: int, n1: int, k2: int, n2: int, correlation: float) -> tuple[float, float]:
    """Interval of k2 / n2 - k1 / n1 from Wilson's intervals of both."""
    (low1, high1), (low2, high2) = wilson_interval(k1, n1), wilson_interval(k2, n2)
    share1, share2 = k1 / n1, k2 / n2
    down = _distance(share2 - low2, high1 - share1, correlation)
    up = _distance(high2 - share2, share1 - low1, correlation)
    return (share2 - share1 - down, share2 - share1 + up)


def _distance(one: float, other: float, correlation: float) -> float:
    return sqrt(max(0.0, one**2 - 2 * correlation * one * other + other**2))
