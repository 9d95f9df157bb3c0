"""What moved by more than chance: tests that others publish, and laws."""

import numpy as np
import pytest
from scipy.stats import fisher_exact, ttest_ind

from striate.metrics.moved import FISHER, WELCH, Mean, Share, moved, welch


def mean_of(values):
    return Mean(float(values.mean()), float(values.std(ddof=1)), len(values))


def test_welch_agrees_with_scipy_on_the_values_themselves():
    rng = np.random.default_rng(0)
    first, second = rng.normal(0, 1, 30), rng.normal(0.4, 3, 50)
    assert welch(mean_of(first), mean_of(second)) == pytest.approx(
        ttest_ind(first, second, equal_var=False).pvalue
    )


def test_values_without_spread_either_are_equal_or_are_not():
    assert welch(Mean(1.0, 0.0, 5), Mean(1.0, 0.0, 5)) == 1
    assert welch(Mean(1.0, 0.0, 5), Mean(2.0, 0.0, 5)) == 0
    assert welch(Mean(1.0, 0.0, 1), Mean(9.0, 0.0, 5)) == 1  # one picture has no spread to compare with


def test_shares_and_means_are_compared_each_by_its_test_and_raised_together():
    before = {"right": Share(90, 100), "light": Mean(0.5, 0.1, 100), "gone": Share(1, 2)}
    after = {"right": Share(70, 100), "light": Mean(0.5, 0.1, 100)}
    right, light = moved(before, after)
    assert (right.test, light.test) == (FISHER, WELCH)
    assert right.p == pytest.approx(2 * fisher_exact([[90, 10], [70, 30]]).pvalue)  # Holm: two comparisons
    assert right.beyond_chance and not light.beyond_chance and light.p == 1
    assert (right.before, right.after) == (0.9, 0.7)
