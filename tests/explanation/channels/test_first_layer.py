"""Patterns of first convolutions whose kernels are written by hand."""

import pytest
import torch
from torch import nn

from striate.explanation.channels.filters import Ascent, excite
from striate.explanation.channels.first_layer import Window, without_edges

SIDE = 64
LYING = torch.tensor(
    [[1.0, 2.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -2.0, -1.0]]
)  # Sobel's: an edge from left to right


@pytest.fixture(scope="module")
def found():
    """Patterns of four channels: a lying edge, a standing edge, a red dot on cyan, red alone."""
    grey, red = torch.ones(3) / 3, torch.tensor([1.0, -0.5, -0.5])
    dot = torch.full((3, 3), -0.125)
    dot[1, 1] = 1
    network = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 3))
    with torch.no_grad():
        kernels = [(grey, LYING), (grey, LYING.T), (red, dot), (red, torch.ones(3, 3) / 9)]
        network[0].weight.copy_(torch.stack([colour[:, None, None] * kernel for colour, kernel in kernels]))
        network[0].bias.zero_()
    return excite(
        network,
        "0",
        [0, 1, 2, 3],
        in_channels=3,
        normalise=lambda images: images / 64 - 2,
        ascent=Ascent((SIDE, SIDE), steps=64),
    )


def differences(picture: torch.Tensor) -> tuple[float, float]:
    """How much neighbours differ: from row to row, and from column to column."""
    values = picture.double().mean(dim=0)
    return float((values[1:] - values[:-1]).abs().mean()), float(
        (values[:, 1:] - values[:, :-1]).abs().mean()
    )


def test_stripes_lie_as_the_edge_that_the_kernel_finds(found):
    for channel, picture in ((0, found.pictures[0]), (1, found.pictures[1].transpose(1, 2))):
        rows, columns = differences(picture)
        assert rows > 1.2 * columns, channel


def test_no_pattern_is_a_saturated_blot(found):
    for picture in found.pictures:
        assert float(((picture == 0) | (picture == 255)).double().mean()) < 0.05
        parts = picture.double().unfold(1, 32, 32).unfold(2, 32, 32).std(dim=(3, 4))  # of the four quarters
        assert float(parts.max(dim=2).values.max(dim=1).values.min()) > 10  # it is not flat
        means = picture.double().unfold(1, 32, 32).unfold(2, 32, 32).mean(dim=(3, 4))
        assert float(means.max() - means.min()) < 40  # and no quarter has a colour of its own


def test_a_kernel_of_one_colour_shows_that_colour_against_its_opposite(found):
    for picture in found.pictures[2:].double():
        red = picture[0] - picture[1:].mean(dim=0)
        assert float(red.max()) > 40
        assert float(red.min()) < -40


def test_the_answer_grows(found):
    assert bool((found.after > 2 * found.before).all())


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (7, 2), (5, 4)])
def test_every_pixel_weighs_as_its_neighbours_a_stride_away_so_that_no_edge_is_seen(kernel, stride):
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 1, kernel, stride=stride, padding=kernel // 2)
    pictures = torch.zeros(1, 3, 16, 16, requires_grad=True)
    maps = without_edges(lambda images: layer(images)[:, 0], pictures, Window(kernel, stride))
    assert maps.shape == (1, 16 // stride, 16 // stride)
    (gradient,) = torch.autograd.grad(maps.sum(), pictures)
    for axis in (2, 3):
        assert torch.allclose(gradient, torch.roll(gradient, stride, dims=axis), atol=1e-6)
