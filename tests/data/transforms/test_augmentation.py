"""Augmentation: geometry against counted pixels and torchvision, randomness by the picture alone."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as geometry

from striate.data.transforms.augmentation import (
    AUGMENTATIONS,
    DRAWS,
    STREAMS,
    Augmentation,
    stream_seed,
    uniform_draws,
)

MIDDLE = torch.full((1, DRAWS), 0.5)


def draws(**places):
    """Numbers that change nothing, but for the named places: 0 is the lowest, 1 the highest of a range."""
    table = MIDDLE.clone()
    for place, value in places.items():
        table[0, int(place.removeprefix("d"))] = value
    return table


def photo(height=12, width=20):
    return torch.randint(
        0, 256, (1, 3, height, width), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )


@pytest.mark.parametrize("name", [name for name, one in AUGMENTATIONS.items() if one is not None])
def test_numbers_in_the_middle_change_no_centred_geometry(name):
    one = AUGMENTATIONS[name]
    plain = Augmentation(shift=one.shift, rotate=one.rotate, shear=one.shear, stretch=one.stretch)
    assert torch.allclose(plain(photo(), MIDDLE), photo().float(), atol=1e-3)


def test_a_shift_moves_pixels_by_a_share_of_the_side():
    picture = photo()
    moved = Augmentation(shift=0.25)(picture, draws(d4=1.0))  # 5 of 20 columns
    assert torch.allclose(moved[..., :-5], picture[..., 5:].float(), atol=1e-3)
    assert torch.allclose(moved[..., -5:], picture[..., -1:].float().expand(-1, -1, -1, 5), atol=1e-3)


def test_a_mirror_is_a_flip():
    assert torch.allclose(
        Augmentation(mirror=True)(photo(), draws(d6=0.0)), photo().flip(3).float(), atol=1e-3
    )
    assert torch.allclose(Augmentation(mirror=True)(photo(), draws(d6=0.9)), photo().float(), atol=1e-3)


@pytest.mark.parametrize("size_hw", [(16, 16), (12, 20)])
def test_a_right_angle_is_a_rotation_of_pixels_also_in_a_picture_that_is_not_square(size_hw):
    picture = photo(*size_hw)
    turned = Augmentation(rotate=90.0, fill="zeros")(picture, draws(d0=1.0))
    expected = geometry.rotate(picture.float(), 90, interpolation=geometry.InterpolationMode.BILINEAR)
    assert torch.allclose(turned, expected, atol=1e-2) or torch.allclose(
        turned,
        geometry.rotate(picture.float(), -90, interpolation=geometry.InterpolationMode.BILINEAR),
        atol=1e-2,
    )


def test_enlarging_by_two_shows_the_middle_half():
    picture = torch.zeros(1, 1, 16, 16, dtype=torch.uint8)
    picture[..., 4:12, 4:12] = 200
    assert (Augmentation(zoom=(1.0, 2.0))(picture, draws(d2=1.0))[..., 1:-1, 1:-1] == 200).all()


def test_a_matrix_moves_points_as_it_moves_pixels():
    one = Augmentation(
        shift=0.1, rotate=30.0, zoom=(0.8, 1.3), shear=10.0, stretch=1.2, mirror=True, fill="zeros"
    )
    table = torch.rand(1, DRAWS, generator=torch.Generator().manual_seed(5))
    picture = torch.zeros(1, 1, 64, 96, dtype=torch.uint8)
    picture[0, 0, 20:25, 50:55] = 255  # centred at x 52.5, y 22.5 in pixel edges
    seen = one(picture, table)[0, 0]
    ys, xs = torch.meshgrid(torch.arange(64) + 0.5, torch.arange(96) + 0.5, indexing="ij")
    centre = torch.stack([(seen * xs).sum(), (seen * ys).sum()]) / seen.sum()
    back = one.matrices(table, (64, 96))[0]  # from output to input, in [-1, 1]
    scaled = centre / torch.tensor([48.0, 32.0]) - 1
    source = (back[:, :2] @ scaled + back[:, 2] + 1) * torch.tensor([48.0, 32.0])
    assert source.tolist() == pytest.approx([52.5, 22.5], abs=0.3)


def test_light_stays_within_the_range_of_pixels():
    changed = Augmentation(light=0.9)(photo(), draws(d7=1.0, d8=1.0))
    assert changed.min() >= 0 and changed.max() <= 255
    assert not torch.allclose(changed, photo().float())


def test_a_picture_gets_its_numbers_whatever_batch_it_is_in():
    table = uniform_draws(0, 3, 100)
    one = AUGMENTATIONS["photo"]
    pictures = torch.randint(
        0, 256, (8, 3, 9, 9), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )
    together = one(pictures, table[:8])
    alone = torch.cat([one(pictures[i : i + 1], table[i : i + 1]) for i in range(8)])
    assert torch.allclose(together, alone, atol=1e-3)


def test_epochs_and_seeds_and_uses_of_randomness_differ():
    tables = [uniform_draws(seed, epoch, 5) for seed in (0, 1) for epoch in (0, 1)]
    assert len({table.numpy().tobytes() for table in tables}) == 4
    assert torch.equal(uniform_draws(0, 1, 5), tables[1])
    assert len({stream_seed(0, stream, number) for stream in STREAMS for number in range(3)}) == 3 * len(
        STREAMS
    )


def test_numbers_are_uniform():
    table = uniform_draws(0, 0, 20_000).numpy()
    assert np.allclose(table.mean(axis=0), 0.5, atol=0.01)
    assert table.min() >= 0 and table.max() < 1
