"""Thumbnails: what they do not see, and turning a signature against turning the picture."""

import numpy as np
import pytest
import torch
from scipy.fft import dctn

from striate.data.look_alikes.thumbnails import (
    SIDE,
    as_squares,
    shrunk,
    signatures,
    stretched,
    thumbnail,
    turned,
    turned_signatures,
)


def coloured(seed: int) -> torch.Tensor:
    small = torch.randint(0, 256, (1, 3, 6, 6), generator=torch.Generator().manual_seed(seed)).float()
    large = torch.nn.functional.interpolate(small, size=(96, 128), mode="bilinear")
    return large[0].round().to(torch.uint8)


def made(picture: torch.Tensor) -> torch.Tensor:
    small = thumbnail(picture)
    assert small is not None
    return small


def test_interchanged_channels_brightness_and_contrast_are_not_seen():
    picture = coloured(1)
    expected = made(picture).int()
    assert torch.equal(made(picture[[2, 0, 1]]).int(), expected)
    darker = (picture.float() * 0.5 + 20).round().to(torch.uint8)
    assert (made(darker).int() - expected).abs().max() <= 2


def test_lightness_is_the_middle_of_the_largest_and_smallest_channel():
    """At 32 x 32 nothing is averaged: every value can be computed by hand, but for the stretch."""
    picture = torch.randint(
        0, 256, (3, 64, 64), generator=torch.Generator().manual_seed(2), dtype=torch.uint8
    )
    blocks = picture[:, ::2, ::2].repeat_interleave(2, 1).repeat_interleave(2, 2)  # cells of one colour
    small = blocks[:, ::2, ::2].numpy().astype(float)
    middle = (small.max(axis=0) + small.min(axis=0)) / 2
    by_hand = np.corrcoef(middle.ravel(), made(blocks).numpy())[0, 1]
    assert by_hand > 0.93  # the antialiasing filter reaches into the neighbours


@pytest.mark.parametrize(
    ("channels", "size_hw"),
    [(3, (96, 128)), (3, (300, 511)), (1, (48, 200)), (3, (600, 530)), (3, (50, 9000))],
)
def test_a_thumbnail_is_torchs_resize_of_the_lightness(channels: int, size_hw: tuple[int, int]):
    small = torch.randint(0, 256, (1, channels, 9, 7), generator=torch.Generator().manual_seed(4)).float()
    picture = torch.nn.functional.interpolate(small, size=size_hw, mode="bilinear")[0].round().to(torch.uint8)
    down, across = (max(1, min(size_hw) // 256, side // 4096) for side in size_hw)
    light = picture[:, ::down, ::across].double()
    light = (light.amax(dim=0) + light.amin(dim=0))[None, None] / 2
    resized = torch.nn.functional.interpolate(light, size=(32, 32), mode="bilinear", antialias=True)
    stretched = (resized - resized.min()) * (255 / (resized.max() - resized.min()))
    assert (made(picture) - stretched.flatten()).abs().max() < 0.51


def test_small_and_flat_pictures_have_none():
    pictures = torch.randint(0, 256, (3, 47, 200), dtype=torch.uint8)
    assert thumbnail(pictures) is None
    assert thumbnail(torch.full((1, 100, 100), 80, dtype=torch.uint8)) is None
    assert thumbnail(torch.randint(0, 256, (1, 48, 200), dtype=torch.uint8)) is not None


def test_shrinking_keeps_the_mean_of_largest_and_smallest_channel_in_grey_levels():
    plain = torch.tensor([10, 200, 33], dtype=torch.uint8)[:, None, None].expand(3, 60, 96)
    grey = torch.full((1, 60, 96), 77, dtype=torch.uint8)
    torch.testing.assert_close(shrunk(plain), torch.full((SIDE, SIDE), 105.0))
    torch.testing.assert_close(shrunk(grey), torch.full((SIDE, SIDE), 77.0))


def test_stretching_is_numpys_arithmetic_row_by_row_and_leaves_flat_ones_black():
    made_up = torch.Generator().manual_seed(6)
    small = torch.rand(5, SIDE, SIDE, generator=made_up) * torch.tensor([200.0, 40, 0, 4, 255])[:, None, None]
    thumbnails, comparable = stretched(small)
    for row, values in enumerate(small.flatten(1).numpy()):
        enough = values.std(ddof=1) >= 3
        low, high = values.min(), values.max()
        by_hand = np.rint((values - low) * (255 / (high - low))) if enough else np.zeros(SIDE * SIDE)
        assert comparable[row].item() == enough
        np.testing.assert_array_equal(thumbnails[row].numpy(), by_hand)
    assert comparable.tolist() == [True, True, False, False, True]


def test_a_signature_is_scipys_cosine_transform_times_the_frequency():
    small = torch.stack([made(coloured(seed)) for seed in range(3)])
    wave = np.arange(8)
    weights = np.sqrt(wave[:, None] ** 2 + wave**2)
    for row, values in enumerate(signatures(small).numpy()):
        spectrum = dctn(small[row].view(SIDE, SIDE).numpy().astype(float), norm="ortho")[:8, :8] * weights
        np.testing.assert_allclose(values, (spectrum / np.linalg.norm(spectrum)).ravel(), atol=1e-5)


@pytest.mark.parametrize("way", range(8))
def test_turning_a_signature_is_turning_the_picture(way: int):
    small = torch.stack([made(coloured(seed)) for seed in range(4)])
    moved = turned(small.view(4, SIDE, SIDE), way).flatten(1)
    torch.testing.assert_close(
        turned_signatures(signatures(small))[way], signatures(moved), atol=1e-5, rtol=0.0
    )


def test_the_eight_ways_are_those_of_the_square():
    square = torch.arange(SIDE * SIDE).remainder(251).to(torch.uint8)
    ways = {tuple(turned(as_squares(square[None]), way).flatten().tolist()) for way in range(8)}
    grid = square.view(SIDE, SIDE).numpy()
    expected = {
        tuple(np.rot90(side, turn).ravel().astype(float)) for side in (grid, grid.T) for turn in range(4)
    }
    assert ways == expected
