"""Maps that move with the picture: exactly with circular padding, measured elsewhere."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.explanation.equivariance import correlation, equivariance


def test_circular_padding_is_equivariant_exactly():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 5, padding=2, padding_mode="circular"), nn.ReLU())
    for shift in (1, 3, 5):
        (moved,) = equivariance(network, torch.rand(1, 1, 16, 16), [shift])
        assert moved.followed == pytest.approx(1, abs=1e-6)
        assert moved.unmoved < 0.9
        assert moved.cells == shift


def test_a_strided_layer_follows_whole_strides_and_not_half_ones():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 8, 3, stride=4))
    half, whole = equivariance(network, torch.rand(1, 1, 64, 64))
    assert (half.shift, half.cells) == (2, 0.5)
    assert (whole.shift, whole.cells) == (4, 1.0)
    assert whole.followed == pytest.approx(1, abs=1e-6)
    assert half.followed < 0.5


def test_correlation_is_pearsons_around_each_channels_mean():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 1, 3, 5))
    expected = np.corrcoef(one.ravel(), other.ravel())[0, 1]
    given = correlation(torch.tensor(one + 7.0), torch.tensor(other))
    assert given == pytest.approx(expected)
    assert correlation(torch.ones(2, 3, 3), torch.ones(2, 3, 3)) == 1.0
    assert correlation(torch.ones(1, 2, 2), torch.arange(4.0).view(1, 2, 2)) == 0.0
