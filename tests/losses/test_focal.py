"""The focal loss by hand, and as cross-entropy where its exponent is zero."""

import math

import pytest
import torch

from striate.losses.cross_entropy import cross_entropy
from striate.losses.focal import focal_loss


def test_by_hand():
    logits = torch.tensor([[math.log(0.9), math.log(0.1)], [math.log(0.4), math.log(0.6)]])
    # Right with 0.9: 0.1^2 * 0.10536; right with 0.4: 0.6^2 * 0.91629.
    expected = (0.01 * -math.log(0.9) + 0.36 * -math.log(0.4)) / 2
    assert focal_loss(logits, torch.tensor([0, 0])).total.item() == pytest.approx(expected, rel=1e-5)


def test_the_courses_three_probabilities():
    expected = {0.9: 0.0010536059238860738, 0.5: 0.17328679513998632, 0.1: 1.865093907079222}
    for right, loss in expected.items():
        logits = torch.tensor([[math.log(right), math.log(1 - right)]])
        assert focal_loss(logits, torch.tensor([0])).total.item() == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_without_exponent_it_is_cross_entropy(smoothing):
    logits, labels = torch.randn(7, 5, generator=torch.manual_seed(0)), torch.tensor([0, 1, 2, 3, 4, 0, 1])
    found = focal_loss(logits, labels, smoothing, 0.0).total
    assert found.item() == pytest.approx(cross_entropy(logits, labels, smoothing).total.item(), rel=1e-5)


def test_shares_of_one_class_are_its_label():
    logits, labels = torch.randn(4, 3, generator=torch.manual_seed(1)), torch.tensor([0, 2, 1, 1])
    shares = torch.eye(3)[labels]
    assert torch.equal(focal_loss(logits, labels).total, focal_loss(logits, shares).total)


def test_the_easy_lose_more_of_their_weight_than_the_hard():
    def share(confidence):
        logits = torch.tensor([[confidence, 0.0]])
        return (
            focal_loss(logits, torch.tensor([0])).total / cross_entropy(logits, torch.tensor([0])).total
        ).item()

    assert share(4.0) < 0.001
    assert share(-4.0) > 0.9
