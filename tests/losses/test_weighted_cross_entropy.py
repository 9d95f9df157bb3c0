"""Weighted cross-entropy against torch's weighted sum and against repeated pictures."""

import pytest
import torch
from torch.nn import functional as F

from striate.losses.weighted_cross_entropy import weighted_cross_entropy

LOGITS = torch.randn(6, 3, generator=torch.manual_seed(0))
LABELS = torch.tensor([0, 0, 0, 0, 1, 2])


def test_it_is_torchs_weighted_sum_over_the_number_of_pictures():
    weights = torch.tensor([0.5, 2.0, 3.0])
    expected = F.cross_entropy(LOGITS, LABELS, weight=weights, reduction="sum") / 6
    assert weighted_cross_entropy(LOGITS, LABELS, 0.0, weights).total.item() == pytest.approx(expected.item())


def test_equal_weights_change_nothing():
    expected = F.cross_entropy(LOGITS, LABELS, label_smoothing=0.1)
    found = weighted_cross_entropy(LOGITS, LABELS, 0.1, torch.ones(3)).total
    assert found.item() == pytest.approx(expected.item())


def test_a_weight_of_two_is_the_picture_twice():
    doubled = F.cross_entropy(LOGITS[[0, 1, 2, 3, 4, 4, 5]], LABELS[[0, 1, 2, 3, 4, 4, 5]], reduction="sum")
    found = weighted_cross_entropy(LOGITS, LABELS, 0.0, torch.tensor([1.0, 2.0, 1.0])).total
    assert found.item() == pytest.approx(doubled.item() / 6)


def test_a_mixed_picture_weighs_as_much_of_each_class_as_it_shows():
    weights = torch.tensor([1.0, 3.0, 0.0])
    shares = torch.tensor([[0.25, 0.75, 0.0]])
    log_p = LOGITS[:1].log_softmax(1)[0]
    expected = (0.25 * 1 + 0.75 * 3) * -(0.25 * log_p[0] + 0.75 * log_p[1])
    assert weighted_cross_entropy(LOGITS[:1], shares, 0.0, weights).total.item() == pytest.approx(
        expected.item()
    )
