"""The whole: identity, what a picture's numbers decide, points that move with pixels."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data.transforms.augmentation import Augmentation
from striate.data.transforms.colour import Colour
from striate.data.transforms.crop import Crop
from striate.data.transforms.draws import CROP, uniform_draws
from striate.data.transforms.geometry import Geometry
from striate.data.transforms.presets import AUGMENTATIONS
from striate.data.transforms.sampling import boxes_of

NAMED = [name for name, one in AUGMENTATIONS.items() if one is not None]


def photo(height=24, width=24, count=1, channels=3):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, channels, height, width), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("turn", [0.0, 20.0])
def test_numbers_in_the_middle_give_back_every_pixel(turn):
    one = Augmentation(
        Geometry(shift=0.3, shift_pixels=3, rotate=turn, shear=turn, stretch=1.4, mirror=True, upend=True),
        colour=Colour(0.3, 0.3, 0.3, 0.2),
    )
    assert torch.equal(one(photo(15, 22, 3), torch.full((3, 64), 0.5)), photo(15, 22, 3))


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_looks_the_same_whatever_batch_and_layout_it_is_in(name, channels):
    one, pictures = AUGMENTATIONS[name], photo(count=6, channels=channels)
    draws = uniform_draws(1, 2, torch.arange(6))
    together = one(pictures, draws)
    assert together.dtype == torch.uint8 and together.shape == pictures.shape
    assert not torch.equal(together, pictures)
    alone = [one(pictures[i : i + 1], draws[i : i + 1]) for i in range(6)]
    assert torch.equal(together, torch.cat(alone))
    assert torch.equal(together, one(pictures.contiguous(memory_format=torch.channels_last), draws))


@settings(deadline=None)
@given(st.sampled_from(NAMED), st.integers(1, 40), st.integers(1, 40))
def test_pictures_of_any_size_keep_their_size_and_the_store_its_pixels(name, height, width):
    pictures = photo(height, width, 2)
    kept = pictures.clone()
    assert AUGMENTATIONS[name](pictures, uniform_draws(0, 0, torch.arange(2))).shape == pictures.shape
    assert torch.equal(pictures, kept)


@pytest.mark.parametrize("turn", [0.0, 30.0])
@pytest.mark.parametrize("row", range(4))
def test_points_move_with_the_matrix_as_pixels_do(turn, row):
    one = Augmentation(
        Geometry(
            shift=0.1, rotate=turn, shear=turn / 3, zoom=(0.9, 1.3), stretch=1.2, mirror=True, fill="constant"
        ),
        Crop(area=(0.6, 1.0)),
    )
    draws = uniform_draws(5, 0, torch.tensor([row]))
    picture = torch.zeros(1, 1, 64, 96, dtype=torch.uint8)
    picture[0, 0, 29:34, 45:50] = 255  # centred at x 47.5, y 31.5 in pixel edges
    seen = one(picture, draws)[0, 0].float()
    ys, xs = torch.meshgrid(torch.arange(64) + 0.5, torch.arange(96) + 0.5, indexing="ij")
    centre = (torch.stack([(seen * xs).sum(), (seen * ys).sum()]) / seen.sum()).double()
    back = one.matrices(draws, (64, 96))[0]  # from output to input, in [-1, 1]
    half = torch.tensor([48.0, 32.0], dtype=torch.float64)
    source = (back[:, :2] @ (centre / half - 1) + back[:, 2] + 1) * half
    assert source.tolist() == pytest.approx([47.5, 31.5], abs=0.3)


def test_geometry_changes_the_crop_and_not_the_picture_that_is_cropped():
    draws = torch.full((1, 64), 0.5)
    draws[0, CROP] = 0.0  # the corner above on the left
    draws[0, 7] = 0.0  # mirrored
    one = Augmentation(Geometry(mirror=True), Crop(area=(0.25, 0.25), ratio=(1.0, 1.0)))
    assert boxes_of(one.matrices(draws, (24, 24)), (24, 24)).tolist() == [[0, 0, 12, 12]]
    moved = Augmentation(Geometry(shift=0.5), one.crop)
    draws[0, 5] = 1.0  # half of the crop's 12 pixels, not of the picture's 24
    assert boxes_of(moved.matrices(draws, (24, 24)), (24, 24)).tolist() == [[6, 0, 18, 12]]


def test_half_of_the_pictures_are_mirrored():
    picture = photo(8, 8).expand(1000, -1, -1, -1)
    seen = Augmentation(Geometry(mirror=True))(picture, uniform_draws(0, 0, torch.arange(1000)))
    same = (seen == picture).flatten(1).all(dim=1)
    assert 430 < int(same.sum()) < 570
    assert torch.equal(seen[~same], picture[~same].flip(3))
