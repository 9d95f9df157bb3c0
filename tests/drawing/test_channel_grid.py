"""Grids of channels: order, size, colours and marks."""

import numpy as np
import torch
from PIL import Image

from striate.drawing.channel_grid import Tile, map_image, picture_image, signed_image, tile_grid
from striate.drawing.figure import MARGIN, WIDTH, Heading

RED, BLUE = (255, 0, 0), (0, 0, 255)
SIDE = (WIDTH - 2 * MARGIN - 3 * 10) // 4


def solid(colour):
    return Image.new("RGB", (4, 4), colour)


def first_row_below_the_title(figure, colour):
    return next(y for y in range(figure.height) if figure.getpixel((MARGIN + 20, y)) == colour)


def test_tiles_stand_in_rows_from_the_left():
    figure = tile_grid([Tile(solid(c)) for c in (RED, BLUE, RED, BLUE, BLUE)], Heading("T"), columns=4)
    top = first_row_below_the_title(figure, RED)
    row = [figure.getpixel((MARGIN + number * (SIDE + 10) + 20, top + 20)) for number in range(4)]
    assert row == [RED, BLUE, RED, BLUE]
    assert figure.getpixel((MARGIN + 20, top + SIDE + 10 + 20)) == BLUE
    assert figure.getpixel((MARGIN + SIDE + 30, top + SIDE + 10 + 20)) == (255, 255, 255)


def test_a_small_map_keeps_its_cells_sharp():
    checks = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    figure = tile_grid([Tile(map_image(checks))], Heading("T"), columns=1)
    colours = {colour for _, colour in figure.crop((MARGIN, 120, WIDTH - MARGIN, 700)).getcolors(100_000)}
    assert len(colours) == 2


def test_maps_run_from_dark_to_light_and_constant_ones_are_dark():
    image = np.asarray(map_image(torch.linspace(0, 1, 20)[None])).astype(int)
    assert (np.diff(image.sum(axis=2)[0]) > 0).all()
    flat = np.asarray(map_image(torch.full((2, 2), 7.0)))
    assert (flat == image[0, 0]).all()


def test_signed_numbers_have_zero_at_mid_grey_and_the_largest_at_an_end():
    image = np.asarray(signed_image(torch.tensor([[[0.0, 2.0, -2.0, 1.0]]])))
    assert image[0, :, 0].tolist() == [128, 255, 1, 192]


def test_a_few_large_numbers_do_not_leave_all_others_grey():
    values = torch.cat(
        [torch.full((1, 1, 199), 1.0), torch.tensor([[[100.0]]]), torch.zeros(1, 1, 800)], dim=2
    )
    image = np.asarray(signed_image(values))[0, :, 0]
    assert (image[:200] == 255).all() and (image[200:] == 128).all()
    assert (np.asarray(signed_image(torch.zeros(1, 2, 2))) == 128).all()


def test_pictures_keep_their_pixels_and_grey_ones_become_three_equal_channels():
    picture = torch.arange(12, dtype=torch.uint8).view(3, 2, 2)
    assert np.array_equal(np.asarray(picture_image(picture)), picture.permute(1, 2, 0).numpy())
    grey = np.asarray(picture_image(picture[:1]))
    assert (grey == grey[..., :1]).all()


def test_a_crossed_tile_hides_its_picture_and_a_bar_is_as_long_as_its_share():
    crossed = tile_grid([Tile(solid(RED), crossed=True)], Heading("T"), columns=4)
    assert RED not in {colour for _, colour in crossed.getcolors(100_000)}
    lengths = []
    for share in (0.25, 0.75):
        figure = tile_grid([Tile(solid(RED), bar=share)], Heading("T"), columns=4)
        y = first_row_below_the_title(figure, RED) + SIDE + 8
        lengths.append(sum(figure.getpixel((x, y)) == (11, 93, 122) for x in range(figure.width)))
    assert abs(lengths[0] - 0.25 * SIDE) < 3
    assert abs(lengths[1] - 0.75 * SIDE) < 3
