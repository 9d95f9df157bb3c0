"""Looking away from an object costs, by hand on a map of four by four cells."""

import math

import pytest
import torch

from striate.losses.looking import LEAST, looking_away

EVENLY = torch.full((1, 4, 4), 1 / 16)


@pytest.mark.parametrize(
    ("middle_h_w", "cells"),
    [
        ([0.5, 0.5, 1.0, 1.0], 16),
        ([0.25, 0.25, 0.5, 0.5], 4),  # the upper left quarter
        ([0.5, 0.125, 0.25, 1.0], 4),  # the whole upper row: height comes before width
        ([0.375, 0.625, 0.01, 0.01], 1),  # smaller than a cell
    ],
)
def test_of_even_weights_the_cells_under_the_box_count(middle_h_w, cells):
    lost = looking_away(EVENLY, torch.tensor([middle_h_w]))
    assert lost.item() == pytest.approx(-math.log(cells / 16), rel=1e-5)


def test_a_look_elsewhere_is_dear_and_finite_and_its_gradient_leads_back():
    scores = torch.zeros(1, 16, requires_grad=True)
    weights = scores.softmax(dim=1).view(1, 4, 4)
    looking_away(weights, torch.tensor([[0.125, 0.125, 0.25, 0.25]])).sum().backward()
    assert scores.grad[0, 0] < 0 and bool((scores.grad[0, 1:] > 0).all())
    elsewhere = torch.zeros(1, 4, 4)
    elsewhere[0, 3, 3] = 1
    assert looking_away(elsewhere, torch.tensor([[0.125, 0.125, 0.25, 0.25]])).item() == pytest.approx(
        -math.log(LEAST)
    )
