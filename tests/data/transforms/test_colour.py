"""Colours against torchvision's functions, within what its rounding to 8 bit loses."""

import colorsys

import pytest
import torch
from torchvision.transforms.v2 import functional as colours

from striate.data.transforms.colour import Colour, relit, turned

THEIRS = [colours.adjust_brightness, colours.adjust_contrast, colours.adjust_saturation]


def photo(channels=3, count=1):
    generator = torch.Generator().manual_seed(4)
    return torch.randint(0, 256, (count, channels, 9, 13), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("factor", [0.3, 0.9, 1.0, 1.6])
@pytest.mark.parametrize("channels", [1, 3])
def test_each_factor_is_torchvision_s(which, factor, channels):
    factors = torch.ones(1, 3)
    factors[0, which] = factor
    expected = THEIRS[which](photo(channels).float() / 255, factor) * 255
    assert (relit(photo(channels), factors) - expected).abs().max() < 0.1


def test_together_they_are_one_after_the_other_where_nothing_is_cut_off():
    picture = (photo() // 4) + 60
    expected = picture.float() / 255
    for change, factor in zip(THEIRS, (1.2, 0.8, 1.3), strict=True):
        expected = change(expected, factor)
    found = relit(picture, torch.tensor([[1.2, 0.8, 1.3]]))
    assert (found - expected * 255).abs().max() < 0.2


@pytest.mark.parametrize("turn", [-0.5, -0.13, 0.0, 0.07, 0.4])
def test_hue_is_torchvision_s_and_python_s(turn):
    picture = photo()
    found = turned(picture.float(), torch.tensor([turn]))
    assert (found - colours.adjust_hue(picture.float() / 255, turn) * 255).abs().max() < 0.1
    red, green, blue = (picture[0, :, 3, 5] / 255).tolist()
    hue, saturation, brightness = colorsys.rgb_to_hsv(red, green, blue)
    expected = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, brightness)
    assert (found[0, :, 3, 5] / 255).tolist() == pytest.approx(expected, abs=1e-4)


def test_grey_stays_grey_and_black_and_white_have_no_hue():
    picture = photo(1).expand(-1, 3, -1, -1).float()
    assert torch.equal(turned(picture, torch.tensor([0.3])), picture)


@pytest.mark.parametrize("channels", [1, 3])
def test_numbers_in_the_middle_give_back_every_pixel(channels):
    pictures = photo(channels, count=5)
    everything = Colour(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.2)
    assert torch.equal(everything(pictures, torch.full((5, 4), 0.5)), pictures)


def test_the_ends_of_the_ranges_are_reached_and_values_stay_pixels():
    changed = Colour(brightness=0.5)(photo(), torch.tensor([[1.0, 0.5, 0.5, 0.5]]))
    assert torch.equal(changed, (photo().float() * 1.5).clamp(max=255).round().to(torch.uint8))


def test_a_picture_looks_the_same_whatever_batch_it_is_in():
    pictures, one = photo(count=5), Colour(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.2)
    draws = torch.rand(5, 4, generator=torch.Generator().manual_seed(6))
    alone = [one(pictures[i : i + 1], draws[i : i + 1]) for i in range(5)]
    assert torch.equal(one(pictures, draws), torch.cat(alone))
