"""Alignment: thumbnails of windows of one large picture, moved by known amounts."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter, zoom

from striate.data.look_alikes.alignment import aligned_likeness, details


def likeness(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """The correlation of the pairs' details as they are; a negative of a picture is alike."""
    return (details(first) * details(second)).sum(dim=(1, 2)).abs()


def window(scene: np.ndarray, left: float, top: float, size: float) -> torch.Tensor:
    """A square of the scene at 32 x 32, by scipy's spline."""
    cut = scene[round(top) : round(top + size), round(left) : round(left + size)]
    return torch.from_numpy(zoom(cut, (32 / cut.shape[0], 32 / cut.shape[1]), order=1)).float()


def scenes(count: int) -> list[np.ndarray]:
    """Soft random pictures of 320 x 320."""
    chance = np.random.default_rng(0)
    made = [gaussian_filter(chance.normal(size=(320, 320)), 12) for _ in range(count)]
    return [(s - s.min()) / (s.max() - s.min()) * 255 for s in made]


@pytest.mark.parametrize(("left", "top", "size"), [(0, 0, 304), (16, 16, 304), (10, 5, 300), (8, 8, 290)])
def test_crops_are_alike_after_alignment_only(left: float, top: float, size: float):
    whole = torch.stack([window(scene, 0, 0, 320) for scene in scenes(6)])
    crops = torch.stack([window(scene, left, top, size) for scene in scenes(6)])
    assert aligned_likeness(whole, crops).min() > 0.96
    assert (aligned_likeness(whole, crops) > likeness(whole, crops)).all()
    assert aligned_likeness(crops, whole).min() > 0.96


def test_different_pictures_are_not_alike_however_they_are_laid():
    pictures = torch.stack([window(scene, 0, 0, 320) for scene in scenes(12)])
    assert aligned_likeness(pictures, pictures.roll(1, 0)).max() < 0.8
    assert likeness(pictures, pictures.roll(1, 0)).max() < 0.6


def test_the_same_picture_is_alike_in_any_light_and_as_a_negative():
    pictures = torch.stack([window(scene, 0, 0, 320) for scene in scenes(4)])
    for changed in (pictures * 0.3 + 40, 255 - pictures):
        assert likeness(pictures, changed).min() > 0.999
        assert aligned_likeness(pictures, changed).min() > 0.999


def test_flat_thumbnails_are_like_nothing_and_break_nothing():
    flat = torch.full((2, 32, 32), 7.0)
    other = torch.stack([window(scene, 0, 0, 320) for scene in scenes(2)])
    assert aligned_likeness(flat, other).abs().max() < 0.1
    assert aligned_likeness(other, flat).abs().max() < 0.1
