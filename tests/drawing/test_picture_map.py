"""Thumbnails where they lie."""

import torch
from PIL import Image

from striate.drawing.figure import Heading
from striate.drawing.picture_map import class_colours, free_cells, picture_map


def middle_of(figure, colour):
    found = [
        (x, y)
        for x in range(0, figure.width, 2)
        for y in range(0, figure.height, 2)
        if figure.getpixel((x, y)) == colour
    ]
    return sum(x for x, _ in found) / len(found), sum(y for _, y in found) / len(found)


def test_pictures_lie_where_their_coordinates_are_with_y_upwards():
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
    places = torch.tensor([[0.0, 0.0], [10.0, 0.0], [5.0, 3.0]])
    thumbnails = [Image.new("RGB", (20, 20), colour) for colour in colours]
    figure = picture_map(thumbnails, places, [0, 1, None], ["a", "b"], Heading("T"))
    first, second, third = (middle_of(figure, colour) for colour in colours)
    assert first[0] < third[0] < second[0]
    assert abs(first[1] - second[1]) <= 2
    assert third[1] < first[1]


def test_each_class_has_its_own_colour_and_stands_in_the_key():
    colours = class_colours(10)
    assert len(set(colours)) == 10
    places = torch.zeros(1, 2)
    figure = picture_map([Image.new("RGB", (9, 9))], places, [0], ["a", "b"], Heading("T"))
    shown = {colour for _, colour in figure.getcolors(1_000_000)}
    assert set(class_colours(2)) <= shown
    crowd = picture_map([Image.new("RGB", (9, 9))], places, [0], [str(i) for i in range(40)], Heading("T"))
    assert crowd.height < figure.height  # 40 names cannot be told apart by colour


def test_pictures_at_one_place_stand_side_by_side_and_the_corners_keep_their_corners():
    places = torch.tensor([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [9.0, 9.0], [0.0, 9.0]])
    cells = free_cells(places, 4)
    assert len(set(cells)) == 5
    assert cells[3:] == [(3, 3), (0, 3)]
    assert all(column + row <= 1 for column, row in cells[:3])
