"""Cut-outs keep their colours at soft edges, and their corners go where their pixels go."""

import numpy as np
import pytest
from PIL import Image

from striate.data.composing.cut_out import SOLID, layer_of, trimmed


def disc(colour: int, hidden: int) -> Image.Image:
    """A disc of 60 pixels of one grey; `hidden` stands where it is transparent."""
    y, x = np.mgrid[:100, :100]
    inside = (x - 50) ** 2 + (y - 50) ** 2 < 30**2
    pixels = np.full((100, 100, 4), hidden, np.uint8)
    pixels[inside] = colour
    pixels[:, :, 3] = 255 * inside
    return Image.fromarray(pixels, "RGBA")


@pytest.mark.parametrize(("colour", "hidden"), [(255, 0), (0, 255), (200, 17)])
def test_no_colour_comes_from_where_nothing_is_seen(colour, hidden):
    # Over a ground of its own colour a disc leaves no trace: neither a dark nor a light seam.
    layer = layer_of(trimmed(disc(colour, hidden)), 23, 33.0, mirrored=False)
    alpha = layer.pixels[:, :, 3].astype(int)
    assert ((alpha > 0) & (alpha < 255)).sum() > 20, "its edge is soft"
    seen = layer.pixels[:, :, 0] + colour * (255 - alpha) / 255
    assert np.abs(seen - colour).max() <= 2


def test_margins_are_cut_off_and_emptiness_is_told():
    assert trimmed(disc(255, 0)).size == (59, 59)
    assert trimmed(Image.new("RGBA", (5, 5), (255, 0, 0, SOLID - 1))) is None


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0.0, 17.0, -140.0, 90.0])
def test_corners_stand_at_their_own_colours(degrees, mirrored):
    # Each quarter of the thing has a colour of its own: the corner lies beyond the middle of its quarter.
    pixels = np.zeros((80, 120, 4), np.uint8)
    pixels[:, :, 3] = 255
    places = [(slice(0, 40), slice(0, 60)), (slice(0, 40), slice(60, 120))]
    places += [(slice(40, 80), slice(60, 120)), (slice(40, 80), slice(0, 60))]
    for quarter, place in enumerate(places):
        pixels[(*place, 0)] = 60 * quarter + 20
    layer = layer_of(trimmed(Image.fromarray(pixels, "RGBA")), 60, degrees, mirrored=mirrored)
    solid = layer.pixels[:, :, 3] == 255
    middle = np.mean(layer.corners, axis=0)
    for quarter, corner in enumerate(layer.corners):
        ys, xs = np.nonzero(solid & (np.abs(layer.pixels[:, :, 0].astype(int) - (60 * quarter + 20)) < 4))
        found = np.array([xs.mean() + 0.5, ys.mean() + 0.5])
        assert np.abs(found - (middle + (np.array(corner) - middle) / 2)).max() < 1


def test_an_upright_frame_ends_where_the_pixels_end():
    layer = layer_of(Image.new("RGBa", (40, 20), (9, 9, 9, 255)), 30, 0.0, mirrored=False)
    assert layer.pixels.shape == (15, 30, 4)
    assert layer.corners == ((0, 0), (30, 0), (30, 15), (0, 15))
