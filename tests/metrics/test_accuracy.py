"""Top-k hits by naive loops; the interval by its coverage and a published value."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from striate.metrics.accuracy import hits, wilson_interval


def test_hits_agree_with_a_naive_loop():
    scores = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(40) % 6
    for k in (1, 2, 5):
        expected = []
        for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
            better = sum(value > row[label] for value in row)
            expected.append(better < k)
        assert hits(scores, labels, k).tolist() == expected


def test_a_tie_goes_to_the_lower_class():
    assert hits(torch.zeros(3, 3), torch.tensor([0, 1, 2])).tolist() == [True, False, False]


def test_interval_of_a_published_example():
    low, high = wilson_interval(81, 263)  # Newcombe 1998, table I: 0.2553 to 0.3662
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@given(st.integers(1, 500), st.data())
def test_interval_holds_the_share_and_stays_in_bounds(n, data):
    right = data.draw(st.integers(0, n))
    low, high = wilson_interval(right, n)
    assert 0 <= low <= right / n <= high <= 1


@pytest.mark.parametrize("n", [1, 7, 83, 2000, 100_000])
def test_interval_is_scipys(n):
    for right in {0, 1, n // 3, n - 1, n}:
        theirs = binomtest(right, n).proportion_ci(0.95, method="wilson")
        assert wilson_interval(right, n) == pytest.approx((theirs.low, theirs.high), rel=1e-12, abs=1e-15)


def test_interval_covers_about_95_percent_of_experiments():
    n, p = 200, 0.9
    covered = sum(
        binom.pmf(k, n, p) for k in range(n + 1) if wilson_interval(k, n)[0] <= p <= wilson_interval(k, n)[1]
    )
    assert covered == pytest.approx(0.95, abs=0.02)


def test_no_pictures_say_nothing():
    assert wilson_interval(0, 0) == (0.0, 1.0)
