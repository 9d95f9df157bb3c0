"""The interval of a mean beside SciPy's bootstrap and beside what it promises."""

import numpy as np
import pytest
import torch
from scipy import stats

from striate.metrics.intervals import bootstrap_interval


def test_it_is_scipys_percentile_bootstrap():
    values = torch.tensor(np.random.default_rng(0).exponential(3.0, 80))
    found = stats.bootstrap(
        (values.numpy(),), np.mean, method="percentile", n_resamples=9999, rng=np.random.default_rng(1)
    ).confidence_interval
    assert bootstrap_interval(values) == pytest.approx((found.low, found.high), rel=0.03)


def test_it_is_the_same_every_time_and_the_value_itself_where_there_is_one():
    values = torch.tensor([1.0, 2.0, 4.0])
    assert bootstrap_interval(values) == bootstrap_interval(values)
    assert bootstrap_interval(torch.tensor([3.0])) == (3.0, 3.0)


def test_it_holds_the_true_mean_in_about_19_of_20_samples():
    drawn = np.random.default_rng(2).normal(5.0, 2.0, (200, 40))
    held = [low <= 5.0 <= high for low, high in (bootstrap_interval(torch.tensor(row)) for row in drawn[:60])]
    assert 0.85 <= np.mean(held) <= 1.0
