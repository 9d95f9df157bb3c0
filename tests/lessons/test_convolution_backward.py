"""The backward pass of a convolution: the course's matrices, then autograd."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from striate.lessons.convolution import cross_correlation, turned
from striate.lessons.convolution_backward import convolution_gradients


def maps(rows):
    return torch.tensor(rows, dtype=torch.float64)[None, None]


X, W = maps([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), maps([[1, 2], [3, 4]])


def test_the_courses_error_flows_back_as_worked_by_hand():
    found = convolution_gradients(X, W, maps([[1, 3], [2, 4]]))
    assert found.images[0, 0].tolist() == [[1, 5, 6], [5, 21, 20], [6, 20, 16]]
    assert found.kernels[0, 0].tolist() == [[35, 45], [65, 75]]
    assert found.bias.tolist() == [10]


@pytest.mark.parametrize("entry", range(4))
def test_each_letter_of_the_slide_stands_where_it_is_printed(entry):
    # Row by row: A, 2A+B, 2B; 3A+C, 4A+3B+2C+D, 4B+2D; 3C, 4C+3D, 4D.
    printed = [
        [[1, 2, 0], [3, 4, 0], [0, 0, 0]],
        [[0, 1, 2], [0, 3, 4], [0, 0, 0]],
        [[0, 0, 0], [1, 2, 0], [3, 4, 0]],
        [[0, 0, 0], [0, 1, 2], [0, 3, 4]],
    ]
    errors = torch.zeros(4, dtype=torch.float64)
    errors[entry] = 1
    found = convolution_gradients(X, W, errors.view(1, 1, 2, 2)).images
    assert found[0, 0].tolist() == printed[entry]


def test_an_input_channel_gathers_the_errors_of_both_kernels_it_fed():
    first, second = [[1, 3], [2, 2]], [[2, 1], [1, 1]]
    k1, k2 = [[0.1, 0.2], [0.2, 0.4]], [[-0.3, 0.1], [0.1, 0.2]]
    p1 = [[0.1, 0.5, 0.6], [0.4, 1.6, 1.6], [0.4, 1.2, 0.8]]
    p2 = [[-0.6, -0.1, 0.1], [-0.1, 0.3, 0.3], [0.1, 0.3, 0.2]]
    total = [[-0.5, 0.4, 0.7], [0.3, 1.9, 1.9], [0.5, 1.5, 1.0]]
    for error, cells, expected in ((first, k1, p1), (second, k2, p2)):
        found = convolution_gradients(X, maps(cells), maps(error)).images
        torch.testing.assert_close(found, maps(expected))
    both = convolution_gradients(
        X, torch.cat([maps(k1), maps(k2)]), torch.cat([maps(first), maps(second)], 1)
    )
    torch.testing.assert_close(both.images, maps(total))
    wrong = cross_correlation(maps(first), maps(k1), padding="full")  # the kernel not turned
    torch.testing.assert_close(wrong, maps([[0.4, 1.4, 0.6], [1.0, 1.9, 0.7], [0.4, 0.6, 0.2]]))


def test_a_half_turn_swaps_opposite_corners():
    assert turned(W)[0, 0].tolist() == [[4, 3], [2, 1]]


@settings(deadline=None, max_examples=60)
@given(
    axes=st.integers(1, 3),
    groups=st.integers(1, 2),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    padding=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_autograd_finds_the_same_gradients(axes, groups, stride, dilation, padding, seed):
    draw = torch.Generator().manual_seed(seed)
    images = torch.randn(2, 2, *[5 + axis for axis in range(axes)], generator=draw, dtype=torch.float64)
    kernels = torch.randn(4, 2 // groups, *[3, 2, 1][:axes], generator=draw, dtype=torch.float64)
    bias = torch.zeros(4, dtype=torch.float64)
    read = [value.requires_grad_() for value in (images, kernels, bias)]
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    output = (F.conv1d, F.conv2d, F.conv3d)[axes - 1](*read, **options)
    errors = torch.randn(output.shape, generator=draw, dtype=torch.float64)
    expected = torch.autograd.grad(output, read, errors)
    found = convolution_gradients(images.detach(), kernels.detach(), errors, **options)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)
