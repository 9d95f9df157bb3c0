"""The landmarks' loss by hand: what is not there, and what is not visible, teaches no place."""

import math

import pytest
import torch

from striate.losses.landmarks import landmarks

TRUE = torch.tensor([[[0.2, 0.3], [0.6, 0.5]]])
SAID = torch.tensor([[[0.3, 0.3], [0.6, 0.7]]])


def loss(said=SAID, visible=(True, True), present=True, flag=0.0, seen=(0.0, 0.0), weight=1.0, known=None):
    return landmarks(
        torch.tensor([flag]),
        said,
        torch.tensor([seen]),
        TRUE,
        torch.tensor([visible if known is None else known]),
        torch.tensor([visible]),
        torch.tensor([present]),
        weight,
    )


def test_by_hand():
    losses = loss(flag=math.log(3), seen=(math.log(3), 0.0), weight=10.0)
    assert losses.presence.item() == pytest.approx(-math.log(0.75), rel=1e-5)
    assert losses.points.item() == pytest.approx((0.1 + 0.2) / 2, rel=1e-4)
    assert losses.visible.item() == pytest.approx((-math.log(0.75) - math.log(0.5)) / 2, rel=1e-5)
    assert losses.total.item() == pytest.approx(
        losses.presence.item() + 10 * losses.points.item() + losses.visible.item(), rel=1e-5
    )


def test_the_place_of_a_point_that_is_not_visible_does_not_count():
    assert loss(visible=(True, False)).points.item() == pytest.approx(0.1, rel=1e-4)
    assert loss(visible=(False, False)).points.item() == 0


def test_a_hidden_point_whose_place_is_known_teaches_it():
    losses = loss(known=(True, True), visible=(True, False), seen=(0.0, math.log(3)))
    assert losses.points.item() == pytest.approx((0.1 + 0.2) / 2, rel=1e-4)
    assert losses.visible.item() == pytest.approx((-math.log(0.5) - math.log(0.25)) / 2, rel=1e-5)


def test_without_the_thing_only_the_flag_counts():
    losses = loss(present=False, flag=math.log(3))
    assert losses.total.item() == pytest.approx(-math.log(0.25), rel=1e-5)
    assert (losses.points.item(), losses.visible.item()) == (0, 0)


def test_what_is_not_read_may_be_no_number_and_gives_no_gradient():
    said = SAID.clone().requires_grad_()
    nowhere = torch.full_like(TRUE, math.nan)
    none, there = torch.tensor([[False, False]]), torch.tensor([True])
    losses = landmarks(torch.zeros(1), said, torch.zeros(1, 2), nowhere, none, none, there)
    losses.total.backward()
    assert math.isfinite(losses.total.item())
    assert said.grad.abs().sum().item() == 0


def test_64_points_of_a_face_have_the_courses_129_numbers_and_a_visibility_each():
    points = torch.rand(2, 64, 2, generator=torch.manual_seed(0))
    losses = landmarks(
        torch.full((2,), 20.0),
        points,
        torch.full((2, 64), 20.0),
        points,
        torch.ones(2, 64, dtype=torch.bool),
        torch.ones(2, 64, dtype=torch.bool),
        torch.ones(2, dtype=torch.bool),
    )
    assert 1 + points[0].numel() == 129
    assert losses.total.item() < 1e-5
