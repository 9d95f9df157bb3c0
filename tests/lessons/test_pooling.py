"""Pooling forward and backward: the course's worked pictures, laws, and torch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from striate.lessons.pooling import (
    average_pool,
    average_pool_gradient,
    centre_weighted_pool,
    centre_weights,
    l2_pool,
    max_pool,
    max_pool_gradient,
    sum_pool,
)

FIRST = [[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]
SECOND = [[1, 1, 2, 4], [0, 6, 7, 3], [3, 2, 1, 0], [1, 2, 3, 4]]
BITS = [[1, 1, 1, 1], [0, 0, 1, 1], [0, 1, 1, 0], [0, 1, 1, 0]]
OUT1 = [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]]
OUT2 = [[-1, -1, -1, -1], [-1, -1, -2, 1], [-1, -1, -2, 1], [-1, 0, -4, 3]]


def maps(rows):
    return torch.tensor(rows, dtype=torch.float64)[None, None]


@pytest.mark.parametrize(
    ("pool", "image", "expected"),
    [
        (max_pool, FIRST, [[6, 8], [3, 4]]),
        (average_pool, FIRST, [[3.25, 5.25], [2, 2]]),
        (sum_pool, FIRST, [[13, 21], [8, 8]]),
        (average_pool, SECOND, [[2, 4], [2, 2]]),
        (max_pool, SECOND, [[6, 7], [3, 4]]),
        (sum_pool, SECOND, [[8, 16], [8, 8]]),
        (average_pool, BITS, [[0.5, 1], [0.5, 0.5]]),
        (max_pool, BITS, [[1, 1], [1, 1]]),
        (sum_pool, BITS, [[2, 4], [2, 2]]),
        (l2_pool, BITS, [[0.7071067811865476, 1.0], [0.7071067811865476, 0.7071067811865476]]),
        (max_pool, OUT1, [[3, 0], [3, 1]]),
        (max_pool, OUT2, [[-1, 1], [0, 3]]),
    ],
)
def test_the_courses_worked_pictures_come_out(pool, image, expected):
    torch.testing.assert_close(pool(maps(image), 2), maps(expected))


def test_errors_flow_back_to_winners_or_are_shared_out():
    forward = maps([[0, 0, 0, 9], [0, 9, 0, 0], [9, 0, 0, 0], [0, 0, 9, 0]])
    residual = maps([[1, 3], [2, 4]])
    average = average_pool_gradient(forward, residual, 2)
    assert average[0, 0].tolist() == [
        [0.25, 0.25, 0.75, 0.75],
        [0.25, 0.25, 0.75, 0.75],
        [0.5, 0.5, 1, 1],
        [0.5, 0.5, 1, 1],
    ]
    largest = max_pool_gradient(forward, residual, 2)
    assert largest[0, 0].tolist() == [[0, 0, 0, 3], [0, 1, 0, 0], [2, 0, 0, 0], [0, 0, 4, 0]]
    assert average.sum() == largest.sum() == 10


@settings(deadline=None, max_examples=40)
@given(kernel=st.integers(1, 3), stride=st.integers(1, 3), seed=st.integers(0, 99), axes=st.integers(1, 3))
def test_torch_pools_the_same_and_sends_the_same_errors_back(kernel, stride, seed, axes):
    draw = torch.Generator().manual_seed(seed)
    image = torch.randn(2, 3, *[5 + axis for axis in range(axes)], generator=draw, dtype=torch.float64)
    padding = kernel // 2
    for pool, back, theirs in (
        (max_pool, max_pool_gradient, (F.max_pool1d, F.max_pool2d, F.max_pool3d)),
        (average_pool, average_pool_gradient, (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)),
    ):
        read = image.clone().requires_grad_()
        expected = theirs[axes - 1](read, kernel, stride, padding)
        torch.testing.assert_close(pool(image, kernel, stride, padding), expected)
        errors = torch.randn(expected.shape, generator=draw, dtype=torch.float64)
        expected.backward(errors)
        torch.testing.assert_close(back(image, errors, kernel, stride, padding), read.grad)


def test_sums_and_roots_differ_from_the_mean_by_the_windows_area():
    image = torch.rand(1, 2, 6, 6, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(sum_pool(image, 2), 4 * average_pool(image, 2))
    torch.testing.assert_close(2 * l2_pool(image, 2), F.lp_pool2d(image, 2.0, 2))


def test_centre_weighting_keeps_a_constant_and_prefers_the_middle():
    assert torch.allclose(centre_weighted_pool(torch.full((1, 1, 7, 7), 3.0), 3), torch.tensor(3.0))
    weights = centre_weights((3, 5))
    assert weights.sum().item() == pytest.approx(1)
    assert weights.argmax().item() == 7  # row 1, column 2: the middle
    assert torch.equal(weights, weights.flip(0, 1))
    point = torch.zeros(1, 1, 3, 3)
    point[0, 0, 1, 1] = 1
    assert centre_weighted_pool(point, 3).item() == centre_weights((3, 3))[1, 1].item()
