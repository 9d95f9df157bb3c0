"""The sheet shows what training sees."""

import torch

from striate.data.transforms.draws import uniform_draws
from striate.data.transforms.presets import AUGMENTATIONS
from striate.data.transforms.sheet import augmentation_sheet


def test_a_row_is_a_picture_and_a_column_an_epoch_as_in_training():
    pictures = torch.randint(0, 256, (3, 1, 12, 10), dtype=torch.uint8)
    sheet = augmentation_sheet(pictures, "photo", seed=4, epochs=5)
    assert sheet.shape == (3, 5, 1, 12, 10)
    expected = AUGMENTATIONS["photo"](pictures, uniform_draws(4, 2, torch.arange(3)))
    assert torch.equal(sheet[:, 2], expected)


def test_mixing_shows_the_next_picture_in_it():
    pictures = torch.tensor([0, 100, 200], dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 3, 16, 16)
    sheet = augmentation_sheet(pictures, {"cutmix": 1.0}, epochs=6)
    assert set(sheet[0].unique().tolist()) == {0, 100} and set(sheet[2].unique().tolist()) == {0, 200}


def test_none_repeats_the_pictures():
    pictures = torch.randint(0, 256, (2, 3, 5, 5), dtype=torch.uint8)
    assert torch.equal(augmentation_sheet(pictures, "none", epochs=2)[:, 1], pictures)
