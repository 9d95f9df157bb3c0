"""Sizes of maps: every worked example of the course, and torch's own answers."""

from fractions import Fraction

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from striate.errors import StriateError
from striate.lessons.padding import pad
from striate.ops.geometry import (
    exact_output_size,
    full_output_size,
    left_over,
    output_size,
    same_output_size,
)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "expected"),
    [
        (7, 3, 1, 0, 5),
        (7, 3, 2, 0, 3),
        (7, 3, 3, 0, 2),
        (7, 3, 1, 1, 7),
        (32, 5, 1, 0, 28),
        (32, 5, 1, 2, 32),
        (224, 2, 2, 0, 112),
        (8, 3, 1, 0, 6),
        (6, 3, 1, 0, 4),
        (6, 3, 2, 0, 2),
        (227, 11, 4, 0, 55),
        (224, 11, 4, 0, 54),
        (224, 11, 4, 2, 55),
        (11, 2, 2, 0, 5),
        (14, 5, 1, 0, 10),
        (5, 3, 2, 1, 3),
        (39, 3, 1, 0, 37),
        (37, 5, 2, 0, 17),
        (17, 5, 2, 0, 7),
    ],
)
def test_the_courses_sizes_come_out(size, kernel, stride, padding, expected):
    assert output_size(size, kernel, stride, padding) == expected


def test_a_stride_that_does_not_fit_is_told_with_its_fraction_and_what_is_left_over():
    assert exact_output_size(7, 3, 3) == Fraction(7, 3)
    assert f"{float(exact_output_size(7, 3, 3)):.2f}" == "2.33"
    assert left_over(7, 3, 3) == 1
    assert exact_output_size(224, 11, 4) == Fraction(217, 4)  # 54.25
    assert exact_output_size(224, 11, 4, 2) == Fraction(221, 4)  # 55.25
    assert exact_output_size(227, 11, 4) == 55
    assert left_over(227, 11, 4) == 0


def test_dilation_widens_the_kernel_and_wide_and_same_forms_have_their_sizes():
    assert [output_size(9, 3, dilation=d) for d in (1, 2, 4)] == [7, 5, 1]
    assert output_size(9, 5, dilation=2) == 1
    assert full_output_size(5, 3) == 7
    assert [same_output_size(28, 2), same_output_size(35, 2), same_output_size(7, 1)] == [14, 18, 7]


@settings(deadline=None)
@given(
    size=st.integers(1, 40),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 5),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 3),
)
def test_torch_makes_maps_of_the_same_size(size, kernel, stride, padding, dilation):
    image, cells = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel)
    assume(dilation * (kernel - 1) < size + 2 * padding)
    expected = F.conv1d(image, cells, stride=stride, padding=padding, dilation=dilation).shape[2]
    assert output_size(size, kernel, stride, padding, dilation) == expected
    if padding <= kernel // 2 and dilation == 1:
        for ceil in (False, True):
            pooled = F.max_pool1d(image, kernel, stride, padding, ceil_mode=ceil).shape[2]
            assert output_size(size, kernel, stride, padding, ceil=ceil) == pooled


def test_a_kernel_that_is_too_large_is_refused_with_what_would_fit():
    with pytest.raises(StriateError, match=r"does not fit into 3 .* largest kernel here is 3, or pad by 1"):
        output_size(3, 5)
    with pytest.raises(StriateError, match="stride 0"):
        output_size(3, 1, 0)


def test_mirror_and_replicate_borders_are_those_of_the_course():
    x = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])[None, None]
    assert pad(x, (1, 1), "mirror")[0, 0].tolist() == [
        [5, 4, 5, 6, 5],
        [2, 1, 2, 3, 2],
        [5, 4, 5, 6, 5],
        [8, 7, 8, 9, 8],
        [5, 4, 5, 6, 5],
    ]
    assert pad(x, (1, 1), "replicate")[0, 0].tolist() == [
        [1, 1, 2, 3, 3],
        [1, 1, 2, 3, 3],
        [4, 4, 5, 6, 6],
        [7, 7, 8, 9, 9],
        [7, 7, 8, 9, 9],
    ]


@pytest.mark.parametrize(
    ("border", "torchs"),
    [("zeros", "constant"), ("mirror", "reflect"), ("replicate", "replicate"), ("circular", "circular")],
)
def test_torch_pads_the_same(border, torchs):
    image = torch.randn(2, 3, 5, 6, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(pad(image, (2, 3), border), F.pad(image, (3, 3, 2, 2), mode=torchs))


def test_corner_pixels_enter_one_window_and_inner_ones_nine():
    windows = pad(torch.ones(1, 1, 5, 5), (2, 2))  # the error of a map of ones, sent back by a kernel of ones
    counts = F.conv2d(windows, torch.ones(1, 1, 3, 3))[0, 0]
    assert counts[0].tolist() == [1, 2, 3, 3, 3, 2, 1]
    assert counts[:, 3].tolist() == [3, 6, 9, 9, 9, 6, 3]
