"""Changes of pictures, held against loops and exact turns, and courses of a toy network by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.explanation import invariance
from striate.explanation.invariance import CHANGES, Change, changed, course_of, odd_inputs

NONE = torch.Generator()


def picture(height=12, width=12, channels=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (channels, height, width), generator=generator, dtype=torch.uint8)


@given(st.integers(0, 60), st.integers(1, 30))
def test_a_shift_reads_each_pixel_from_further_left(percent, width):
    before = picture(4, width, 1)
    after = invariance.shifted(before, percent, NONE)
    pixels = round(width * percent / 100)
    for column in range(width):
        assert torch.equal(after[:, :, column], before[:, :, max(0, column - pixels)])


def test_turns_by_right_angles_are_exact_and_anticlockwise():
    before = picture()
    assert torch.equal(invariance.turned(before, 90, NONE), before.rot90(1, (1, 2)))
    assert torch.equal(invariance.turned(before, 180, NONE), before.flip(1, 2))
    assert torch.equal(invariance.turned(picture(7, 13), 180, NONE), picture(7, 13).flip(1, 2))


def test_scale_two_shows_the_middle_half_and_one_half_shows_all_of_it_small():
    ramp = (torch.arange(16, dtype=torch.uint8) * 10).expand(1, 16, 16).contiguous()
    twice = invariance.scaled(ramp, 2, NONE)[0, 0].float()
    expected = 75 + (torch.arange(16) - 7.5) * 5
    assert float((twice - expected).abs().max()) <= 0.51
    half = invariance.scaled(ramp, 0.5, NONE)[0, 8].float()
    assert float((half[4:12] - (torch.arange(8) * 20 + 5)).abs().max()) <= 4
    assert set(half[:4].tolist()) == {float(half[4])}


def test_noise_has_the_spread_that_was_asked_for_and_belongs_to_the_seed():
    grey = torch.full((2, 3, 64, 64), 128, dtype=torch.uint8)
    noisy = changed(grey, CHANGES["noise"], 10)
    assert float((noisy.float() - 128).std()) == pytest.approx(25.5, rel=0.03)
    assert not torch.equal(noisy[0], noisy[1])
    assert torch.equal(noisy, changed(grey, CHANGES["noise"], 10))
    assert not torch.equal(noisy, changed(grey, CHANGES["noise"], 10, seed=1))


def test_a_blurred_point_has_the_spread_that_was_asked_for():
    point = torch.zeros(1, 101, 101, dtype=torch.uint8)
    point[0, 45:56, 45:56] = 255
    weights = invariance.blurred(point, 4, NONE)[0].double().sum(dim=0)
    places = torch.arange(101.0) - 50
    variance = float((weights * places**2).sum() / weights.sum())
    assert variance == pytest.approx(
        4.04**2 + 10, rel=0.1
    )  # the Gaussian's and the square's: (11^2 - 1) / 12


def test_brightness_multiplies_and_stops_at_white():
    values = torch.tensor([[[0, 10, 100, 200]]], dtype=torch.uint8)
    assert invariance.brightened(values, 2, NONE).flatten().tolist() == [0, 20, 200, 255]


def test_jpeg_of_a_lower_quality_is_farther_from_the_picture():
    smooth = torch.arange(0, 240, 5, dtype=torch.uint8).expand(3, 48, 48).contiguous()
    smooth = torch.cat([smooth[:2], smooth[2:].flip(2)])
    read = [invariance.compressed(smooth, quality, NONE) for quality in (90, 30, 5)]
    errors = [float((one.float() - smooth).square().mean()) for one in read]
    assert errors == sorted(errors)
    assert errors[0] < 10
    assert invariance.compressed(picture(9, 11, 1), 50, NONE).shape == (1, 9, 11)


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize(("height", "width", "channels"), [(28, 28, 1), (15, 40, 3), (1, 1, 1)])
def test_every_change_keeps_the_shape_and_its_neutral_amount_the_picture(name, height, width, channels):
    change, pictures = CHANGES[name], picture(height, width, channels)[None]
    assert change.neutral in change.amounts
    assert changed(pictures, change, change.neutral) is pictures
    for amount in change.amounts:
        made = changed(pictures, change, amount)
        assert made.shape == pictures.shape
        assert made.dtype == torch.uint8


def left_or_right(pictures):
    """A network that says which half is brighter, with the share of its light as probability."""
    light = pictures.double().sum(dim=(1, 2))
    half = pictures.shape[3] // 2
    left, right = light[:, :half].sum(dim=1), light[:, half:].sum(dim=1)
    return (torch.stack([left, right], dim=1) + 1e-9) / (left + right + 2e-9)[:, None]


def test_the_course_of_a_toy_network_by_hand():
    pictures = torch.zeros(2, 1, 1, 10, dtype=torch.uint8)
    pictures[0, 0, 0, 1], pictures[1, 0, 0, 8] = 200, 200
    change = Change("shift", "%", (0, 20, 50), 0, invariance.shifted)
    course = course_of(left_or_right, pictures, change, torch.tensor([0, 0]))
    # The first light moves from column 1 to 3 and to 6, the second from 8 beyond the edge (black comes in).
    assert course.answers.tolist() == [[0, 1], [0, 0], [1, 0]]
    assert course.right == (0.5, 1.0, 0.5)
    assert course.same == (1.0, 0.5, 0.0)
    assert course.own[0] == pytest.approx(1)
    assert course_of(left_or_right, pictures, change).right is None


def test_odd_inputs_by_hand():
    before = picture(8, 8, 3)
    odd = odd_inputs(before)
    assert torch.equal(odd["mirrored"], before.flip(2))
    assert torch.equal(odd["upside down"].flip(1), before)
    assert torch.equal(odd["negative"].int() + before.int(), torch.full((3, 8, 8), 255, dtype=torch.int32))
    assert set(odd["black and white"].unique().tolist()) == {0, 255}
    assert torch.equal(odd["grey"][0], odd["grey"][2])
    assert sorted(odd["tiles shuffled"].flatten().tolist()) == sorted(before.flatten().tolist())
    assert not torch.equal(odd["tiles shuffled"], before)
    assert not odd["outlines"].equal(before)
    assert not odd_inputs(torch.full((1, 8, 8), 9, dtype=torch.uint8))["outlines"].any()
    assert {tuple(made.shape) for made in odd.values()} == {(3, 8, 8)}
    assert (int(odd["all black"].max()), int(odd["all white"].min())) == (0, 255)
