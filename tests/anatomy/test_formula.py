"""Output sizes: the course's examples, torch's own answer, and what would fit."""

from fractions import Fraction

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn

from striate.anatomy.formula import fit, fitting_paddings, fitting_strides, misfit_text, size_text
from striate.anatomy.geometry import Window
from striate.errors import StriateError

EXAMPLES = [  # input, kernel, stride, padding -> output; curriculum A1 to A24
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
    (6, 1, 1, 0, 6),
    (227, 11, 4, 0, 55),
    (224, 11, 4, 0, 54),
    (224, 11, 4, 2, 55),
    (11, 2, 2, 0, 5),
    (14, 5, 1, 0, 10),
    (5, 3, 2, 1, 3),
    (39, 3, 1, 0, 37),
    (37, 5, 2, 0, 17),
    (17, 5, 2, 0, 7),
]


@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "expected"), EXAMPLES)
def test_sizes_are_the_courses(size, kernel, stride, padding, expected):
    assert fit(size, Window(kernel, stride, padding)).cells == expected


def test_seven_wide_filter_three_stride_three_does_not_fit_and_what_would_is_said():
    found = fit(7, Window(3, 3))
    assert float(found.exact) == pytest.approx(2.33, abs=0.005) and found.exact == Fraction(7, 3)
    assert (found.cells, found.left_over, found.fits) == (2, 1, False)
    assert fitting_paddings(7, Window(3, 3)) == [1]
    assert fitting_strides(7, Window(3, 3)) == [2, 4]
    text = misfit_text(7, Window(3, 3))
    assert "2.33 does not fit; rounded down to 2, 1 row and column at the end left over" in text
    assert "padding 1; stride 2 or 4; an input of 6 or 9" in text


def test_224_instead_of_227_gives_54_and_a_quarter():
    assert float(fit(224, Window(11, 4)).exact) == 54.25
    assert float(fit(224, Window(11, 4, 2)).exact) == 55.25


def test_the_formula_is_written_out():
    assert size_text(227, Window(11, 4), 55) == "floor((227 + 2*0 - 11) / 4) + 1 = 55"
    assert size_text(9, Window(3, 1, 2, 2), 9) == "floor((9 + 2*2 - (2*(3 - 1) + 1)) / 1) + 1 = 9"
    assert size_text(112, Window(3, 2), 56) == "ceil((112 + 2*0 - 3) / 2) + 1 = 56"


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 5), st.integers(0, 4), st.integers(1, 3))
def test_sizes_are_torchs_and_suggestions_fit(size, kernel, stride, padding, dilation):
    window = Window(kernel, stride, padding, dilation)
    assume(size + 2 * padding >= window.reach)
    layer = nn.Conv1d(1, 1, kernel, stride, padding, dilation, device="meta")
    assert fit(size, window).cells == layer(torch.empty(1, 1, size, device="meta")).shape[-1]
    for other in fitting_paddings(size, window):
        assert (size + 2 * other - window.reach) % stride == 0
    for other in fitting_strides(size, window):
        assert (size + 2 * padding - window.reach) % other == 0
    assert (misfit_text(size, window) is None) == fit(size, window).fits


def test_a_filter_wider_than_the_input_is_an_error_for_people():
    with pytest.raises(StriateError, match=r"reaches over 5 does not fit into 3.*at least padding 1"):
        fit(3, Window(5))
