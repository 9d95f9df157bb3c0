"""Matrices against Keras's formula, moved points and laws."""

from math import cos, radians, sin

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data.transforms.geometry import Geometry, compose
from striate.errors import StriateError

MIDDLE = torch.full((1, 11), 0.5)


def draws(**places):
    """Numbers that change nothing, but for the named places: 0 is the lowest, 1 the highest of a range."""
    table = MIDDLE.clone()
    for place, value in places.items():
        table[0, int(place.removeprefix("d"))] = value
    return table


def test_numbers_in_the_middle_change_nothing():
    one = Geometry(
        shift=0.2, shift_pixels=4, rotate=40.0, shear=9.0, zoom=(0.8, 1.2), stretch=1.3, mirror=True
    )
    assert torch.equal(one.matrices(MIDDLE, (12, 20))[0], torch.eye(3, dtype=torch.float64)[:2])


@settings(deadline=None)
@given(st.lists(st.floats(0, 0.999), min_size=11, max_size=11), st.integers(8, 40), st.integers(8, 40))
def test_matrices_are_those_of_the_book_s_generator(numbers, height, width):
    # ImageDataGenerator(40, .2, .2, .2, .2), step by step in (row, column) pixels from the centre, as Keras
    # multiplies them: rotation, shift, shear, zoom; a mirrored output is read from the other end.
    one = Geometry(shift=0.2, rotate=40.0, shear=0.2, zoom=(0.8, 1.2), zoom_each_side=True, mirror=True)
    u = np.float32(numbers).astype(float)
    theta, slant = radians(40 * (2 * u[0] - 1)), radians(0.2 * (2 * u[1] - 1))
    down, right = 0.2 * height * (2 * u[6] - 1), 0.2 * width * (2 * u[5] - 1)
    rotation = np.array([[cos(theta), -sin(theta), 0], [sin(theta), cos(theta), 0], [0, 0, 1]])
    shift = np.array([[1, 0, down], [0, 1, right], [0, 0, 1]])
    shear = np.array([[1, -sin(slant), 0], [0, cos(slant), 0], [0, 0, 1]])
    zoom = np.diag([0.8 + 0.4 * u[3], 0.8 + 0.4 * u[2], 1])
    mirror = np.diag([1, -1 if u[7] < 0.5 else 1, 1])
    expected = rotation @ shift @ shear @ zoom @ mirror
    found = one.matrices(torch.tensor([u.tolist()], dtype=torch.float32), (height, width))[0].numpy()
    for row, column in [(0, 0), (0.5, -1), (-1, 0.25)]:  # output places, from -1 to 1
        y, x, _ = expected @ [row * height / 2, column * width / 2, 1]
        assert found @ [column, row, 1] == pytest.approx([x / width * 2, y / height * 2], abs=1e-5)


def test_whole_pixels_are_drawn_equally_often():
    one = Geometry(shift_pixels=2)
    numbers = MIDDLE.repeat(1000, 1)
    numbers[:, 9] = torch.arange(1000) / 1000
    shifts = one.matrices(numbers, (10, 10))[:, 0, 2] * 5
    assert torch.bincount((shifts.round() + 2).long()).tolist() == [200] * 5
    assert torch.allclose(shifts, shifts.round(), atol=1e-9)


def test_flips_are_separate_coins():
    one = Geometry(mirror=True, upend=True)
    for x, y in [(0.2, 0.2), (0.2, 0.7), (0.7, 0.2), (0.7, 0.7)]:
        matrix = one.matrices(draws(d7=x, d8=y), (4, 4))[0]
        assert matrix.diagonal().tolist() == [-1 if x < 0.5 else 1, -1 if y < 0.5 else 1]


def test_stretch_keeps_the_area_that_is_seen():
    matrix = Geometry(stretch=1.5).matrices(draws(d4=0.9), (30, 50))[0, :, :2]
    assert matrix.det().item() == pytest.approx(1) and matrix[0, 0] > 1.3


def test_composed_matrices_are_applied_one_after_the_other():
    generator = torch.Generator().manual_seed(3)
    first, second = torch.rand(2, 4, 2, 3, dtype=torch.float64, generator=generator)
    point = torch.tensor([0.3, -0.8], dtype=torch.float64)
    inner = first[:, :, :2] @ point + first[:, :, 2]
    expected = (second[:, :, :2] @ inner[..., None])[..., 0] + second[:, :, 2]
    both = compose(second, first)
    assert torch.allclose(both[:, :, :2] @ point + both[:, :, 2], expected)


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"shift": 2.0}, r"shift = 2 is not possible; allowed: 0 to 1"),
        ({"rotate": -1.0}, "rotate = -1"),
        ({"rotate": float("nan")}, "rotate = nan"),
        (
            {"zoom": (1.2, 0.8)},
            r"zoom = \[1.2, 0.8\] is not possible; allowed: a smaller and a larger number",
        ),
    ],
)
def test_numbers_that_make_no_sense_are_refused(given_, message):
    with pytest.raises(StriateError, match=message):
        Geometry(**given_)
