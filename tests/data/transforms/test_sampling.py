"""Reading through matrices: fill modes and interpolation against naive loops, boxes against torchvision."""

from math import floor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms.v2 import functional as geometry

from striate.data.transforms.filling import folded
from striate.data.transforms.geometry import Geometry
from striate.data.transforms.sampling import boxes_of, interpolate, read_boxes, snapped

FILLS = ["nearest", "reflect", "wrap", "constant"]


def photo(height=12, width=20, count=1, channels=3):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, channels, height, width), dtype=torch.uint8, generator=generator)


def every(pictures):
    return torch.arange(len(pictures))


def place(index, length, fill):
    """The place inside that stands for `index`, one step at a time; None is black."""
    while not 0 <= index < length:
        if fill == "constant":
            return None
        if fill == "nearest":
            index = 0 if index < 0 else length - 1
        elif fill == "wrap":
            index += length if index < 0 else -length
        else:  # d c b a | a b c d | d c b a
            index = -1 - index if index < 0 else 2 * length - 1 - index
    return index


def value(picture, row, column, fill):
    row, column = place(row, picture.shape[0], fill), place(column, picture.shape[1], fill)
    return 0.0 if row is None or column is None else float(picture[row, column])


def naive(picture, matrix, fill):
    """Bilinear reading of (H, W), pixel by pixel."""
    height, width = picture.shape
    seen = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            x, y = matrix @ [(2 * j + 1) / width - 1, (2 * i + 1) / height - 1, 1]
            x, y = (x + 1) / 2 * width - 0.5, (y + 1) / 2 * height - 0.5
            row, column = floor(y), floor(x)
            down, right = y - row, x - column
            seen[i, j] = (
                (1 - down) * (1 - right) * value(picture, row, column, fill)
                + (1 - down) * right * value(picture, row, column + 1, fill)
                + down * (1 - right) * value(picture, row + 1, column, fill)
                + down * right * value(picture, row + 1, column + 1, fill)
            )
    return seen


@pytest.mark.parametrize("fill", FILLS)
def test_turned_pictures_agree_with_a_loop_over_pixels(fill):
    picture = photo(9, 14, channels=1)
    matrix = Geometry(rotate=40.0, shift=0.5, zoom=(1.0, 1.3)).matrices(torch.full((1, 11), 0.9), (9, 14))
    expected = naive(picture[0, 0].numpy(), matrix[0].numpy(), fill)
    found = interpolate(picture, every(picture), matrix, fill)[0, 0].numpy()
    assert np.abs(found - expected).max() <= 0.51  # rounded to 8 bit
    assert np.abs(expected - naive(picture[0, 0].numpy(), matrix[0].numpy(), "nearest")).max() > 30 or (
        fill == "nearest"
    )


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("box", [(-3, -5, 9, 4), (2, 1, 30, 17), (-25, -30, 45, 40), (-40, -40, -30, -30)])
def test_boxes_beyond_the_edge_agree_with_a_loop_over_pixels(fill, box):
    picture = photo(12, 20)
    left, top, right, bottom = box
    cut = np.array(
        [
            [[value(one, row, column, fill) for column in range(left, right)] for row in range(top, bottom)]
            for one in picture[0].numpy()
        ]
    )
    expected = geometry.resize(torch.from_numpy(cut).to(torch.uint8), [12, 20], antialias=True)
    matrix = torch.tensor(
        [
            [
                [(right - left) / 20, 0, (left + right) / 20 - 1],
                [0, (bottom - top) / 12, (top + bottom) / 12 - 1],
            ]
        ],
        dtype=torch.float64,
    )
    assert boxes_of(matrix, (12, 20)).tolist() == [list(box)]
    assert (read_boxes(picture, every(picture), matrix, fill)[0].int() - expected.int()).abs().max() <= 1


@settings(deadline=None)
@given(st.integers(-200, 200), st.integers(1, 9), st.sampled_from(FILLS[:3]))
def test_whole_places_fold_as_step_by_step(index, length, fill):
    assert folded(np.array([index]), length, fill).tolist() == [place(index, length, fill)]


@pytest.mark.parametrize("read", [read_boxes, interpolate])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_identity_gives_back_every_pixel(read, layout, channels):
    pictures = photo(33, 17, count=5, channels=channels).contiguous(memory_format=layout)
    same = torch.eye(3, dtype=torch.float64)[None, :2].repeat(5, 1, 1)
    for fill in FILLS:
        assert torch.equal(read(pictures, every(pictures), same, fill), pictures)


@pytest.mark.parametrize("read", [read_boxes, interpolate])
def test_mirrors_are_flips(read):
    for x, y, dims in [(-1, 1, [3]), (1, -1, [2]), (-1, -1, [2, 3])]:
        matrix = torch.tensor([[[x, 0, 0], [0, y, 0]]], dtype=torch.float64)
        assert torch.equal(read(photo(), every(photo()), matrix, "nearest"), photo().flip(dims))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_mirrored_crop_is_torchvision_s(channels):
    picture = photo(40, 40, channels=channels)
    matrix = torch.tensor([[[-0.5, 0, 0.25], [0, 0.3, -0.2]]], dtype=torch.float64)  # x 15..35, y 10..22
    expected = geometry.horizontal_flip(geometry.resized_crop(picture, 10, 15, 12, 20, [40, 40]))
    assert (read_boxes(picture, every(picture), matrix, "nearest").int() - expected.int()).abs().max() <= 1


@pytest.mark.parametrize("size_hw", [(16, 16), (12, 20)])
def test_a_right_angle_is_a_rotation_of_pixels_also_in_a_picture_that_is_not_square(size_hw):
    matrix = Geometry(rotate=90.0).matrices(
        torch.full((1, 11), 0.5).index_fill(1, torch.tensor([0]), 0), size_hw
    )
    picture = photo(*size_hw)
    bilinear = geometry.InterpolationMode.BILINEAR
    expected = geometry.rotate(picture.float(), 90, interpolation=bilinear).round()
    found = interpolate(picture, every(picture), matrix, "constant")
    assert (found - expected).abs().max() <= 1


def test_snapped_boxes_are_the_nearest_whole_ones_and_stay():
    matrix = torch.tensor([[[-0.52, 0, 0.03], [0, 0.001, 0.4]]], dtype=torch.float64)
    once = snapped(matrix, (10, 20))
    assert boxes_of(once, (10, 20)).tolist() == [[5, 6, 15, 7]]  # 10.4 wide about 10.3; at least 1 high
    assert torch.allclose(snapped(once, (10, 20)), once) and once[0, 0, 0] < 0


@pytest.mark.parametrize("turned", [False, True])
def test_shrinking_averages_and_does_not_pick_pixels(turned):
    stripes = torch.zeros(1, 1, 60, 60, dtype=torch.uint8)
    stripes[..., ::2] = 200  # black and light columns: their mean is 100
    one = Geometry(zoom=(3.0, 3.0), rotate=5.0 if turned else 0.0, fill="wrap")
    matrix = one.matrices(torch.full((1, 11), 0.5), (60, 60))
    seen = (interpolate if turned else read_boxes)(stripes, every(stripes), matrix, "wrap")[
        ..., 22:38, 22:38
    ].int()
    assert (seen - 100).abs().max() <= 25


def test_a_picture_looks_the_same_whatever_batch_it_is_in():
    pictures = photo(31, 31, count=7)
    matrices = Geometry(rotate=30.0, zoom=(0.5, 2.5)).matrices(
        torch.rand(7, 11, generator=torch.Generator().manual_seed(2)), (31, 31)
    )
    together = interpolate(pictures, every(pictures), matrices, "reflect")
    alone = [interpolate(pictures, torch.tensor([i]), matrices[i : i + 1], "reflect") for i in range(7)]
    assert torch.equal(together, torch.cat(alone))
