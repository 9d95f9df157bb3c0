"""Blank pictures, odd sizes and small classes, on examples made by hand."""

import numpy as np
import pytest
import torch

from striate.data.audit.oddities import is_blank, odd_sizes, small_classes


def test_a_plain_or_noisy_sheet_is_blank_and_a_digit_is_not():
    noise = np.random.default_rng(0).normal(60, 5, (3, 200, 300)).round().astype(np.uint8)
    digit = torch.zeros(1, 28, 28, dtype=torch.uint8)
    digit[:, 5:23, 13:15] = 255
    assert is_blank(torch.full((3, 40, 40), 255, dtype=torch.uint8))
    assert is_blank(torch.full((1, 1, 1), 9, dtype=torch.uint8))
    assert is_blank(torch.from_numpy(noise))
    assert not is_blank(digit)


def test_a_coloured_picture_of_one_lightness_is_not_blank():
    picture = torch.zeros(3, 64, 64, dtype=torch.uint8)
    picture[0, :, :32] = 200
    picture[2, :, 32:] = 200
    assert not is_blank(picture)


def test_fine_texture_whose_mean_is_even_is_not_blank():
    board = (np.indices((128, 128)).sum(axis=0) % 2 * 80).astype(np.uint8)
    assert not is_blank(torch.from_numpy(board)[None])


def test_odd_sizes_are_named_with_how_they_differ():
    sizes = dict.fromkeys(range(60), (300, 400)) | {60: (40, 50), 61: (300, 1200), 62: (2000, 2600)}
    found = odd_sizes(sizes)
    assert list(found) == [60, 61, 62]
    assert found[60] == "50 x 40 pixels: far smaller than most; the commonest size is 400 x 300"
    assert "far wider" in found[61] and "far larger" in found[62]


def test_what_many_have_is_not_odd():
    half = dict.fromkeys(range(30), (300, 400)) | dict.fromkeys(range(30, 50), (40, 50))
    assert odd_sizes(half) == {}
    assert odd_sizes({0: (10, 10), 1: (1000, 1000)}) == {}


def test_upright_and_lying_photographs_are_both_usual():
    assert odd_sizes(dict.fromkeys(range(40), (300, 400)) | {40: (400, 300)}) == {}


@pytest.mark.parametrize(("groups", "expected"), [([0, 1, 2, 3, 3, 3], {1: 1}), ([0, 0, 2, 3, 4, 5], {0: 2})])
def test_a_class_of_copies_is_small(groups: list[int], expected: dict[int, int]):
    assert small_classes([0, 0, 0, 1, 1, 1], groups, range(6)) == expected
