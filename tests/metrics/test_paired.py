"""Differences of accuracies: against sums of binomial coefficients, resampling and published arithmetic."""

from math import comb

import numpy as np
import pytest
from scipy.stats import fisher_exact

from striate.metrics.paired import holm, paired_difference, unpaired_difference


@pytest.mark.parametrize(("only_first", "only_second"), [(1, 9), (4, 4), (0, 5), (12, 3)])
def test_mcnemar_is_the_two_tails_of_a_fair_coin(only_first, only_second):
    n, k = only_first + only_second, min(only_first, only_second)
    expected = min(1.0, 2 * sum(comb(n, i) for i in range(k + 1)) / 2**n)
    assert paired_difference(40, only_first, only_second, 7).p == pytest.approx(expected)


def test_runs_that_answer_alike_differ_by_nothing_but_not_for_certain():
    found = paired_difference(70, 0, 0, 13)
    assert (found.difference, found.p) == (0, 1)
    assert -0.1 < found.interval[0] < 0 < found.interval[1] < 0.1


def test_the_paired_interval_is_what_resampling_gives():
    counts = (700, 60, 110, 130)
    found = paired_difference(*counts)
    generator = np.random.default_rng(0)
    draws = generator.multinomial(1000, np.array(counts) / 1000, 20_000)
    low, high = np.quantile((draws[:, 2] - draws[:, 1]) / 1000, [0.025, 0.975])
    assert found.difference == pytest.approx(0.05)
    assert found.interval == pytest.approx((low, high), abs=0.003)


def test_exchanging_the_two_changes_the_sign_alone():
    first, second = paired_difference(50, 3, 11, 9), paired_difference(50, 11, 3, 9)
    assert first.interval == pytest.approx((-second.interval[1], -second.interval[0]))
    assert first.p == second.p and first.difference == -second.difference


def test_different_pictures_give_newcombes_worked_example():
    # Newcombe 1998, table II, method 10: 56 of 70 against 48 of 80, difference 0.2, 0.0524 to 0.3339.
    found = unpaired_difference(48, 80, 56, 70)
    assert found.difference == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.p == pytest.approx(fisher_exact([[48, 32], [56, 14]]).pvalue)


def test_pairing_sharpens_what_agrees():
    paired, unpaired = paired_difference(700, 60, 110, 130), unpaired_difference(760, 1000, 810, 1000)
    assert paired.interval[1] - paired.interval[0] < unpaired.interval[1] - unpaired.interval[0]


def test_holm_by_hand():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.2]) == [0.2] and holm([]) == []
    assert holm([0.6, 0.7]) == [1.0, 1.0]
