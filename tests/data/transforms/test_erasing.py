"""Erased rectangles: inside, of the drawn area and proportions, noise and nothing else."""

import pytest
import torch

from striate.data.transforms.draws import ERASING, uniform_draws
from striate.data.transforms.erasing import Erasing


def draws(count):
    return uniform_draws(0, 0, torch.arange(count))[:, ERASING]


def test_rectangles_lie_inside_and_have_the_drawn_area_and_proportions():
    boxes = Erasing(erase=1.0, erase_area=(0.1, 0.2), erase_ratio=(0.5, 2.0)).boxes(draws(3000), (100, 120))
    left, top, right, bottom = boxes.T
    assert left.min() >= 0 and top.min() >= 0 and right.max() <= 120 and bottom.max() <= 100
    share = (right - left) * (bottom - top) / 12_000
    ratio = (bottom - top) / (right - left)
    assert share.min() > 0.095 and share.max() < 0.205
    assert share.mean().item() == pytest.approx(0.15, abs=0.002)
    assert ratio.min() > 0.47 and ratio.max() < 2.1 and ratio.log().mean().abs() < 0.03
    assert (left == 0).any() and (right == 120).any()  # corners are erased, too


def test_the_asked_share_of_pictures_loses_something():
    boxes = Erasing(erase=0.25).boxes(draws(4000), (32, 32))
    assert (boxes[:, 2] > boxes[:, 0]).double().mean().item() == pytest.approx(0.25, abs=0.03)


def test_inside_is_noise_and_outside_is_the_picture():
    pictures = torch.full((6, 3, 64, 64), 100, dtype=torch.uint8)
    one = Erasing(erase=0.5)
    seen = one(pictures, draws(6))
    assert (pictures == 100).all()  # the store is not written to
    for picture, (left, top, right, bottom) in zip(seen, one.boxes(draws(6), (64, 64)).tolist(), strict=True):
        inside = picture[:, top:bottom, left:right].float()
        if inside.numel() > 300:
            assert inside.mean().item() == pytest.approx(127.5, abs=20) and inside.std().item() > 60
        picture[:, top:bottom, left:right] = 100
        assert (picture == 100).all()


def test_a_rectangle_larger_than_the_picture_is_the_whole_picture():
    numbers = torch.full((1, 6), 0.999)
    found = Erasing(erase=1.0, erase_area=(1.0, 1.0), erase_ratio=(4.0, 4.0)).boxes(numbers, (10, 10))
    assert found.tolist() == [[5, 0, 10, 10]]  # 20 high, 5 wide


def test_noise_differs_between_pictures_and_repeats_for_one():
    pictures = torch.zeros(2, 1, 32, 32, dtype=torch.uint8)
    one = Erasing(erase=1.0)
    assert torch.equal(one(pictures, draws(2)), one(pictures, draws(2)))
    assert torch.equal(one(pictures, draws(2))[1:], one(pictures[1:], draws(2)[1:]))
