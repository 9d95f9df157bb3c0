"""Convolution forward: the course's worked numbers, naive loops, and torch."""

from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from striate.errors import StriateError
from striate.lessons.convolution import cross_correlation, true_convolution
from striate.lessons.kernels import KERNELS, kernel
from striate.lessons.matrix_product import columns, convolution_by_product

K9 = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
FIVE = [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]
EDGE_6X6 = [
    [3, 0, 1, 2, 7, 4],
    [1, 5, 8, 9, 3, 1],
    [2, 7, 2, 5, 1, 3],
    [0, 1, 3, 1, 7, 8],
    [4, 2, 1, 6, 2, 8],
    [2, 4, 5, 2, 3, 9],
]
LIGHT_DARK = [[10, 10, 10, 0, 0, 0]] * 6
DARK_LIGHT = [[0, 0, 0, 10, 10, 10]] * 6
IMAGE_8X8 = [
    [1, 1, 1, 0, 0, 0, 1, 0],
    [0, 1, 1, 1, 0, 0, 0, 1],
    [1, 0, 1, 1, 1, 0, 0, 0],
    [0, 1, 0, 1, 1, 1, 0, 0],
    [0, 0, 1, 0, 1, 1, 1, 0],
    [0, 0, 0, 1, 1, 1, 0, 1],
    [1, 0, 1, 0, 1, 0, 1, 0],
    [0, 1, 0, 1, 0, 1, 0, 1],
]
OUTPUT_8X8 = [
    [5, 3, 4, 1, 2, 0],
    [1, 5, 3, 4, 1, 2],
    [4, 1, 5, 3, 4, 1],
    [0, 4, 2, 5, 3, 4],
    [3, 0, 5, 2, 5, 1],
    [0, 4, 1, 5, 1, 5],
]
IMG6 = [
    [1, 0, 0, 0, 0, 1],
    [0, 1, 0, 0, 1, 0],
    [0, 0, 1, 1, 0, 0],
    [1, 0, 0, 0, 1, 0],
    [0, 1, 0, 0, 1, 0],
    [0, 0, 1, 0, 1, 0],
]
DIAGONAL = [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
COLUMN = [[-1, 1, -1], [-1, 1, -1], [-1, 1, -1]]
ONE_BY_ONE = [
    [1, 2, 3, 6, 5, 8],
    [3, 5, 5, 1, 3, 4],
    [2, 1, 3, 4, 9, 3],
    [4, 7, 8, 5, 7, 9],
    [1, 5, 3, 7, 4, 8],
    [5, 4, 9, 8, 3, 5],
]
CURVE = [
    [0, 0, 0, 0, 0, 30, 0],
    [0, 0, 0, 0, 30, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0],
]
CURVE_MISPRINT = [*CURVE[:6], [0, 0, 0, 30, 0, 0, 0]]
FIELD_MATCH = [
    [0, 0, 0, 0, 0, 0, 30],
    [0, 0, 0, 0, 50, 50, 50],
    [0, 0, 0, 20, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0],
]
FIELD_OTHER = [
    [0, 0, 0, 0, 0, 0, 0],
    [0, 40, 0, 0, 0, 0, 0],
    [40, 0, 40, 0, 0, 0, 0],
    [40, 20, 0, 0, 0, 0, 0],
    [0, 50, 0, 0, 0, 0, 0],
    [0, 0, 50, 0, 0, 0, 0],
    [25, 25, 0, 50, 0, 0, 0],
]


def picture(rows):
    return torch.tensor(rows, dtype=torch.float64)[None, None]


def correlate(rows, cells, **options):
    return cross_correlation(picture(rows), picture(cells), **options)[0, 0].tolist()


@pytest.mark.parametrize(
    ("image", "cells", "expected"),
    [
        (IMAGE_8X8, [[1, 0, 1], [0, 1, 0], [1, 0, 1]], OUTPUT_8X8),
        (
            EDGE_6X6,
            KERNELS["vertical_edges"],
            [[-5, -4, 0, 8], [-10, -2, 2, 3], [0, -2, -4, -7], [-3, -2, -3, -16]],
        ),
        (LIGHT_DARK, KERNELS["vertical_edges"], [[0, 30, 30, 0]] * 4),
        (DARK_LIGHT, KERNELS["vertical_edges"], [[0, -30, -30, 0]] * 4),
        (LIGHT_DARK, KERNELS["horizontal_edges"], [[0, 0, 0, 0]] * 4),
        (LIGHT_DARK, KERNELS["sobel_x"], [[0, 40, 40, 0]] * 4),
        (DARK_LIGHT, KERNELS["sobel_x"], [[0, -40, -40, 0]] * 4),
        (LIGHT_DARK, KERNELS["sobel_y"], [[0, 0, 0, 0]] * 4),
        (LIGHT_DARK, KERNELS["blur"], [[10, 7.5, 2.5, 0]] * 4),
        (
            [[0] * 5, [0] * 5, [0, 0, 16, 0, 0], [0] * 5, [0] * 5],
            KERNELS["blur"],
            [[1, 2, 1], [2, 4, 2], [1, 2, 1]],
        ),
        (
            EDGE_6X6,
            KERNELS["sharpen"],
            [[9, 23, 27, -3], [25, -13, 12, -13], [-7, 10, -16, 23], [0, -11, 24, -14]],
        ),
        (
            EDGE_6X6,
            KERNELS["outline"],
            [[16, 33, 43, -8], [34, -23, 6, -29], [-13, -1, -19, 22], [-4, -16, 24, -28]],
        ),
        (
            EDGE_6X6,
            KERNELS["emboss"],
            [[17, 23, 7, -9], [7, -13, -6, 1], [-3, 0, 6, 21], [12, 9, 8, 16]],
        ),
        (ONE_BY_ONE, [[2]], [[2 * value for value in row] for row in ONE_BY_ONE]),
        (IMG6, DIAGONAL, [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]]),
        (IMG6, COLUMN, [[-1, -1, -1, -1], [-1, -1, -2, 1], [-1, -1, -2, 1], [-1, 0, -4, 3]]),
        (FIELD_MATCH, CURVE, [[6600]]),
        (FIELD_OTHER, CURVE, [[0]]),
        (FIELD_MATCH, CURVE_MISPRINT, [[8100]]),
        (FIELD_OTHER, CURVE_MISPRINT, [[1500]]),
    ],
)
def test_the_courses_worked_pictures_come_out(image, cells, expected):
    assert correlate(image, cells) == expected


def test_both_conventions_differ_by_a_half_turn_of_the_kernel():
    image, cells = picture(K9), picture([[1, 2], [3, 4]])
    assert cross_correlation(image, cells)[0, 0].tolist() == [[37, 47], [67, 77]]
    assert true_convolution(image, cells)[0, 0].tolist() == [[23, 33], [53, 63]]
    sobel = true_convolution(picture(LIGHT_DARK), kernel("sobel_x").double())
    assert sobel[0, 0].tolist() == [[0, -40, -40, 0]] * 4


def test_a_strided_window_skips_and_a_dilated_one_spreads():
    four = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]
    assert correlate(four, K9) == [[348, 393], [528, 573]]
    assert correlate(FIVE, K9, stride=2) == [[411, 501], [861, 951]]
    assert correlate(FIVE, K9, dilation=2) == [[777]]
    assert correlate(IMG6, DIAGONAL, stride=3) == [[3, -1], [3, -1]]


def test_a_signal_has_a_narrow_and_a_wide_form():
    signal = torch.tensor([[[1.0, 2, 3, 4, 5]]])
    m = torch.tensor([[[1.0, 0, -1]]])
    assert cross_correlation(signal, m, padding="valid")[0, 0].tolist() == [-2, -2, -2]
    assert cross_correlation(signal, m, padding="full")[0, 0].tolist() == [-1, -2, -2, -2, -2, 4, 5]
    fibonacci, rising = torch.tensor([[[1.0, 1, 2, 3, 5, 8]]]), torch.tensor([[[1.0, 2, 3]]])
    assert cross_correlation(fibonacci, rising)[0, 0].tolist() == [9, 14, 23, 37]


def test_a_cube_of_14_becomes_10_under_a_kernel_of_5_and_counts_its_window():
    cube = torch.ones(1, 1, 14, 14, 14)
    maps = cross_correlation(cube, torch.ones(1, 1, 5, 5, 5))
    assert maps.shape == (1, 1, 10, 10, 10)
    assert maps.unique().tolist() == [125]


def test_borders_of_zeros_mirrors_and_repeats_weigh_the_corner_differently():
    ones = torch.ones(1, 1, 3, 3)
    assert cross_correlation(ones, ones, padding=1)[0, 0].tolist() == [[4, 6, 4], [6, 9, 6], [4, 6, 4]]
    for border, total in (("mirror", 33), ("replicate", 21), ("circular", 45)):
        assert cross_correlation(picture(K9), ones.double(), padding=1, border=border)[0, 0, 0, 0] == total


@settings(deadline=None, max_examples=60)
@given(
    axes=st.integers(1, 3),
    groups=st.integers(1, 2),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    padding=st.integers(0, 2),
    kernel=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_torch_computes_the_same_in_one_two_and_three_dimensions(
    axes, groups, stride, dilation, padding, kernel, seed
):
    draw = torch.Generator().manual_seed(seed)
    images = torch.randn(2, 4, *[6 + axis for axis in range(axes)], generator=draw, dtype=torch.float64)
    kernels = torch.randn(6, 4 // groups, *[kernel] * axes, generator=draw, dtype=torch.float64)
    bias = torch.randn(6, generator=draw, dtype=torch.float64)
    torchs = (F.conv1d, F.conv2d, F.conv3d)[axes - 1]
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    expected = torchs(images, kernels, bias, **options, groups=groups)
    torch.testing.assert_close(cross_correlation(images, kernels, bias, **options, groups=groups), expected)
    if groups == 1:
        torch.testing.assert_close(convolution_by_product(images, kernels, bias, **options), expected)


def test_naive_loops_over_every_index_agree():
    draw = torch.Generator().manual_seed(1)
    images, kernels = torch.randn(1, 2, 5, 6, generator=draw), torch.randn(3, 2, 3, 2, generator=draw)
    maps = cross_correlation(images, kernels, stride=(2, 1), padding=(1, 0))
    for k, row, column in product(range(3), range(3), range(5)):
        total = 0.0
        for c, y, x in product(range(2), range(3), range(2)):
            place = (2 * row + y - 1, column + x)
            if 0 <= place[0] < 5:
                total += images[0, c, *place].item() * kernels[k, c, y, x].item()
        assert maps[0, k, row, column].item() == pytest.approx(total, abs=1e-5)


def test_a_column_of_the_matrix_is_a_window_channel_by_channel():
    image = torch.arange(18.0).view(1, 2, 3, 3)
    assert columns(image, (2, 2))[0, :, 3].tolist() == [4, 5, 7, 8, 13, 14, 16, 17]


def test_rolling_the_picture_rolls_the_map_where_the_border_is_circular():
    draw = torch.Generator().manual_seed(2)
    image, cells = torch.randn(1, 1, 8, 8, generator=draw), torch.randn(1, 1, 3, 3, generator=draw)
    rolled = cross_correlation(image.roll((2, 3), (2, 3)), cells, padding=1, border="circular")
    assert torch.equal(
        rolled, cross_correlation(image, cells, padding=1, border="circular").roll((2, 3), (2, 3))
    )
    zeros = cross_correlation(image.roll(1, 3), cells, padding=1)
    still = cross_correlation(image, cells, padding=1).roll(1, 3)
    assert torch.equal(zeros[..., 2:-1], still[..., 2:-1])
    assert not torch.allclose(zeros, still)


def test_many_channels_are_added_up_and_every_kernel_makes_a_map():
    volume = torch.ones(1, 3, 5, 5)
    assert cross_correlation(volume, torch.ones(1, 3, 3, 3)).unique().tolist() == [27]
    assert cross_correlation(torch.ones(1, 4, 5, 5), torch.ones(2, 4, 3, 3)).shape == (1, 2, 3, 3)


@pytest.mark.parametrize(
    ("channels", "depth", "count", "groups", "says"),
    [
        (3, 4, 2, 1, "kernels of depth 4 do not fit an input of depth 3"),
        (4, 4, 2, 2, "their depth must be 2"),
        (3, 1, 4, 2, "3 channels and 4 kernels cannot be cut into 2 groups"),
    ],
)
def test_kernels_of_another_depth_are_refused(channels, depth, count, groups, says):
    with pytest.raises(StriateError, match=says.replace("(", r"\(")):
        cross_correlation(torch.ones(1, channels, 5, 5), torch.ones(count, depth, 3, 3), groups=groups)


def test_kernels_of_other_axes_and_impossible_paddings_are_refused():
    with pytest.raises(StriateError, match="images of 2 axes and kernels of 1 axes"):
        cross_correlation(torch.ones(1, 1, 5, 5), torch.ones(1, 1, 3))
    with pytest.raises(StriateError, match="mirror padding by 3 of 3 pixels"):
        cross_correlation(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3), padding=3, border="mirror")
    with pytest.raises(StriateError, match="odd number"):
        cross_correlation(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2), padding="same")
    with pytest.raises(StriateError, match="3 numbers for 2 axes"):
        cross_correlation(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2), stride=(1, 1, 1))
