"""The course's localisation loss: its two worked examples, and the second form by hand."""

import math
from functools import partial

import pytest
import torch

from striate.losses.localisation import localisation, squared_localisation

CAR = [1, 0.5, 0.7, 0.3, 0.4, 0, 1, 0]
SAID = [0.9, 0.4, 0.6, 0.3, 0.5, 0.1, 0.8, 0.1]
NOTHING = [0, 9, 9, 9, 9, 9, 9, 9]  # "don't care" behind the flag
SAID_OF_NOTHING = [0.3, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]


def rows(*values):
    return torch.tensor(values, dtype=torch.float32)


def test_the_courses_sum_of_eight_squares():
    losses = squared_localisation(rows(SAID), rows(CAR))
    assert losses.total.item() == pytest.approx(0.10, abs=1e-6)
    # 0.1^2; 3 times 0.1^2; 0.1^2 + 0.2^2 + 0.1^2.
    assert [part.item() for part in losses[1:]] == pytest.approx([0.01, 0.03, 0.06], abs=1e-6)


def test_without_an_object_only_the_flag_counts():
    losses = squared_localisation(rows(SAID_OF_NOTHING), rows(NOTHING))
    assert losses.total.item() == pytest.approx(0.09, abs=1e-6)
    assert [part.item() for part in losses[1:]] == pytest.approx([0.09, 0, 0], abs=1e-6)


def test_a_batch_has_the_mean_of_its_pictures():
    losses = squared_localisation(rows(SAID, SAID_OF_NOTHING), rows(CAR, NOTHING))
    assert losses.total.item() == pytest.approx((0.10 + 0.09) / 2, abs=1e-6)


def test_the_second_form_by_hand():
    outputs = rows([math.log(3), 0.4, 0.6, 0.3, 0.5, 0.0, math.log(2), 0.0])
    losses = localisation(outputs, rows(CAR), box_weight=10.0)
    # Sigmoid of log 3 is 3/4; softmax of (0, log 2, 0) at the second is 2/4.
    assert losses.presence.item() == pytest.approx(-math.log(0.75), rel=1e-5)
    assert losses.box.item() == pytest.approx(0.03, rel=1e-4)
    assert losses.label.item() == pytest.approx(-math.log(0.5), rel=1e-5)
    assert losses.total.item() == pytest.approx(-math.log(0.75) + 10 * 0.03 - math.log(0.5), rel=1e-5)


def test_smoothed_labels_give_every_class_a_share():
    outputs = rows([9.0, 0, 0, 0, 0, 0.0, math.log(2), 0.0])
    target = rows([1, 0, 0, 0, 0, 0, 1, 0])
    expected = -(0.8 * math.log(0.5) + 0.1 * math.log(0.25) * 2)  # 0.7 + 0.1 of the class, 0.1 of each other
    assert localisation(outputs, target, smoothing=0.3).label.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", [squared_localisation, localisation, partial(localisation, smoothing=0.1)])
@pytest.mark.parametrize("behind", [0.0, 9.0, math.inf, math.nan])
def test_pictures_without_object_give_a_gradient_to_the_flag_alone(loss, behind):
    outputs = rows(SAID_OF_NOTHING)
    target = rows([0, *[behind] * 7])
    gradient = torch.autograd.functional.jacobian(lambda said: loss(said, target).total, outputs)[0]
    assert gradient[0] != 0
    assert gradient[1:].tolist() == [0] * 7


def test_the_gradient_is_that_of_finite_differences():
    generator = torch.manual_seed(0)
    outputs = torch.randn(3, 8, generator=generator, dtype=torch.float64)
    targets = rows(CAR, NOTHING, CAR).double()
    squares = [(outputs - targets)[row].square() for row in (0, 2)]
    expected = (squares[0].sum() + squares[1].sum() + (outputs[1, 0] - 0).square()) / 3
    assert squared_localisation(outputs, targets).total.item() == pytest.approx(expected.item(), rel=1e-6)
    assert torch.autograd.gradcheck(
        lambda said: squared_localisation(said, targets).total, outputs.requires_grad_()
    )
