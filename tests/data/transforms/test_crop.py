"""Random resized crops: torchvision's statistics, always inside, whole pixels."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torchvision.transforms import RandomResizedCrop

from striate.data.transforms.crop import Crop
from striate.data.transforms.draws import CROP, uniform_draws
from striate.data.transforms.sampling import boxes_of


def boxes(crop, count, size_hw, seed=0):
    numbers = uniform_draws(seed, 0, torch.arange(count))[:, CROP]
    return boxes_of(crop.matrices(numbers, size_hw), size_hw)


@pytest.mark.parametrize(
    ("area", "size_hw"), [((0.08, 1.0), (224, 224)), ((0.08, 1.0), (60, 200)), ((0.9, 1.0), (40, 300))]
)
def test_sizes_and_places_are_distributed_as_torchvision_s(area, size_hw):
    torch.manual_seed(1)
    picture = torch.empty(1, *size_hw)
    theirs = np.array(
        [RandomResizedCrop.get_params(picture, list(area), [3 / 4, 4 / 3]) for _ in range(4000)]
    )
    ours = boxes(Crop(area=area), 4000, size_hw).numpy()
    found = [ours[:, 1], ours[:, 0], ours[:, 3] - ours[:, 1], ours[:, 2] - ours[:, 0]]
    for expected, values in zip(theirs.T, found, strict=True):  # top, left, height, width
        assert stats.ks_2samp(expected, values).pvalue > 1e-3


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 100))
def test_a_crop_lies_inside_and_is_not_empty(height, width, seed):
    found = boxes(Crop(), 20, (height, width), seed)
    assert (found[:, :2] >= 0).all() and (found[:, 2:] > found[:, :2]).all()
    assert (found[:, 2] <= width).all() and (found[:, 3] <= height).all()


def test_what_never_fits_is_the_middle():
    crop = Crop(area=(1.0, 1.0), ratio=(1.0, 1.0))
    assert boxes(crop, 2, (10, 20)).tolist() == [[5, 0, 15, 10]] * 2


def test_the_matrix_is_exactly_the_drawn_box():
    crop = Crop(area=(0.25, 0.25), ratio=(1.0, 1.0))
    numbers = torch.zeros(1, 22)
    numbers[0, 20], numbers[0, 21] = 0.5, 0.999  # 10 pixels in 20: 11 places
    assert boxes_of(crop.matrices(numbers, (20, 20)), (20, 20)).tolist() == [[5, 10, 15, 20]]
