"""Cross-entropy against arithmetic by hand and against torch."""

from math import exp, log

import pytest
import torch
from torch.nn import functional as F

from striate.losses.binary_cross_entropy import binary_cross_entropy
from striate.losses.cross_entropy import cross_entropy


def test_one_picture_by_hand():
    loss = cross_entropy(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([2]))
    assert loss.total.item() == pytest.approx(-log(exp(3) / (exp(1) + exp(2) + exp(3))), rel=1e-6)


def test_the_courses_two_worked_losses_come_out():
    three = torch.tensor([[1.0, 2, 3]], dtype=torch.float64)
    assert cross_entropy(three, torch.tensor([2])).total.item() == pytest.approx(0.4076059644443804, rel=1e-6)
    expected = [0.6931471805599453, 0.1269280110429725, 0.3132616875182228]
    for logit, label, loss in zip((0.0, 2.0, -1.0), (1, 1, 0), expected, strict=True):
        found = binary_cross_entropy(torch.tensor([[logit]]), torch.tensor([label])).total.item()
        assert found == pytest.approx(loss, rel=1e-6)


def test_equal_scores_cost_log_k():
    assert cross_entropy(torch.zeros(4, 7), torch.arange(4)).total.item() == pytest.approx(log(7))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_smoothing_agrees_with_torch(smoothing):
    logits = torch.randn(9, 5, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(9) % 5
    expected = F.cross_entropy(logits, labels, label_smoothing=smoothing)
    assert cross_entropy(logits, labels, smoothing).total.item() == pytest.approx(expected.item(), rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_one_output_costs_the_same_as_the_pair_of_logits_it_stands_for(smoothing):
    z = torch.randn(12, 1, generator=torch.Generator().manual_seed(2)) * 4
    labels = torch.arange(12) % 2
    pair = torch.cat([torch.zeros_like(z), z], dim=1)
    expected = F.cross_entropy(pair, labels, label_smoothing=smoothing)
    assert binary_cross_entropy(z, labels, smoothing).total.item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_mixed_labels_agree_with_torch_and_with_the_weighted_sum_of_both_losses(smoothing):
    generator = torch.Generator().manual_seed(3)
    logits, weights = torch.randn(8, 4, generator=generator), torch.rand(8, generator=generator)
    own, partner = torch.arange(8) % 4, (torch.arange(8) + 1) % 4
    shares = F.one_hot(own, 4) * weights[:, None] + F.one_hot(partner, 4) * (1 - weights[:, None])
    found = cross_entropy(logits, shares, smoothing).total.item()
    assert found == pytest.approx(F.cross_entropy(logits, shares, label_smoothing=smoothing).item(), rel=1e-5)
    losses = [
        F.cross_entropy(logits, labels, reduction="none", label_smoothing=smoothing)
        for labels in (own, partner)
    ]
    assert found == pytest.approx((weights * losses[0] + (1 - weights) * losses[1]).mean().item(), rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_mixed_labels_cost_one_output_the_same_as_the_pair_of_logits(smoothing):
    generator = torch.Generator().manual_seed(4)
    z, ones = torch.randn(8, 1, generator=generator), torch.rand(8, generator=generator)
    shares = torch.stack([1 - ones, ones], dim=1)
    pair = torch.cat([torch.zeros_like(z), z], dim=1)
    expected = F.cross_entropy(pair, shares, label_smoothing=smoothing).item()
    assert binary_cross_entropy(z, shares, smoothing).total.item() == pytest.approx(expected, rel=1e-5)


def test_a_huge_logit_costs_no_infinity():
    assert binary_cross_entropy(torch.tensor([[1000.0]]), torch.tensor([0])).total.item() == pytest.approx(
        1000
    )
    assert cross_entropy(torch.tensor([[1000.0, 0.0]]), torch.tensor([1])).total.item() == pytest.approx(1000)
