"""Preprocessing: geometry by counted pixels, normalisation by hand, a specification that survives JSON."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.preprocess.preprocessing import Preprocessing, stacked, to_channels


def spec(fit="squeeze", size_hw=(8, 8), channels=3):
    return Preprocessing(size_hw, channels, (0.5,) * channels, (0.25,) * channels, fit)


def half_and_half(height, width):
    """The left half black, the right half white."""
    picture = torch.zeros(3, height, width, dtype=torch.uint8)
    picture[:, :, width // 2 :] = 255
    return picture


def test_normalised_values_by_hand():
    images = spec().normalise(
        torch.tensor([0, 51, 255], dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 3, 1, 1)
    )
    assert images[:, 0, 0, 0].tolist() == pytest.approx([-2.0, (0.2 - 0.5) / 0.25, 2.0], abs=1e-6)


def test_squeezing_keeps_all_of_a_long_picture():
    found = spec("squeeze").fit_picture(half_and_half(10, 80))
    assert (found[:, :, :3] == 0).all() and (found[:, :, 5:] == 255).all()


@pytest.mark.parametrize("fit", ["pad", "crop"])
def test_what_is_cut_off_or_added_is_what_torchvision_s_center_crop_cuts_and_adds(fit):
    from torchvision.transforms.v2.functional import center_crop, resize

    for height, width in itertools.product((5, 8, 12, 13, 31), repeat=2):
        picture = torch.randint(1, 256, (3, height, width), dtype=torch.uint8)
        for size_hw in ((8, 8), (9, 6), (12, 13)):
            ratios = size_hw[0] / height, size_hw[1] / width
            ratio = min(ratios) if fit == "pad" else max(ratios)
            inner = [max(1, round(height * ratio)), max(1, round(width * ratio))]
            expected = center_crop(resize(picture, inner), list(size_hw))
            found = Preprocessing(size_hw, 3, (0.5,) * 3, (0.5,) * 3, fit).fit_picture(picture)
            assert torch.equal(found, expected)


def test_padding_keeps_proportions_and_adds_black_borders():
    found = spec("pad").fit_picture(torch.full((3, 40, 80), 200, dtype=torch.uint8))
    assert (found[:, 2:6] == 200).all() and (found[:, :2] == 0).all() and (found[:, 6:] == 0).all()


def test_cropping_keeps_proportions_and_cuts_the_ends():
    picture = torch.zeros(3, 40, 120, dtype=torch.uint8)
    picture[:, :, 40:80] = 100
    assert (spec("crop").fit_picture(picture)[:, :, 1:-1] == 100).all()


def test_a_picture_of_the_right_size_is_not_touched():
    picture = torch.randint(0, 256, (3, 8, 8), dtype=torch.uint8)
    assert torch.equal(spec().fit_picture(picture), picture)


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(["squeeze", "pad", "crop"]),
    st.sampled_from([1, 3]),
)
def test_any_picture_gets_the_size_and_channels(height, width, fit, channels):
    picture = torch.full((channels, height, width), 77, dtype=torch.uint8)
    for wanted in (1, 3):
        found = spec(fit, (6, 9), wanted).fit_picture(picture)
        assert found.shape == (wanted, 6, 9) and found.dtype == torch.uint8
        assert fit == "pad" or (found.float() - 77).abs().max() <= 1


def test_grey_is_the_weighted_sum_that_pillow_takes():
    from PIL import Image

    picture = torch.randint(0, 256, (3, 5, 7), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    theirs = Image.fromarray(picture.permute(1, 2, 0).numpy()).convert("L")
    ours = to_channels(picture, 1)[0].int()
    assert (ours - torch.tensor(list(theirs.tobytes())).view(5, 7)).abs().max() <= 1


@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
@pytest.mark.parametrize("last", [False, True])
def test_normalised_pictures_agree_with_double_precision_and_lie_pixel_by_pixel(kind, last):
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (2, 3, 5, 7), dtype=torch.uint8, generator=generator).to(kind)
    if last:
        pictures = pictures.contiguous(memory_format=torch.channels_last)
    before = pictures.clone()
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    images = Preprocessing((5, 7), 3, mean, std).normalise(pictures)
    for channel in range(3):
        expected = (pictures[:, channel].double() / 255 - mean[channel]) / std[channel]
        assert (images[:, channel].double() - expected).abs().max() < 1e-6
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(pictures, before)  # floats are not changed in their place


def test_gradients_reach_the_pictures_through_the_normalisation():
    pictures = torch.full((1, 1, 2, 2), 100.0, requires_grad=True)
    Preprocessing((2, 2), 1, (0.5,), (0.25,)).normalise(pictures).sum().backward()
    assert torch.allclose(pictures.grad, torch.tensor(1 / (255 * 0.25)))


@pytest.mark.parametrize("layout", ["pixel by pixel", "channel by channel"])
def test_pictures_are_put_together_as_they_are_stored(layout):
    pixels = torch.randint(0, 256, (3, 4, 5, 3), dtype=torch.uint8).permute(0, 3, 1, 2)
    pictures = pixels if layout == "pixel by pixel" else pixels.contiguous()
    found = stacked(list(pictures))
    assert torch.equal(found, pictures)
    assert found.stride() == pictures.stride()
