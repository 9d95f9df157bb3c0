"""LeNet-5's loss: arithmetic by hand, its limit, and what the constant j is for."""

from math import exp, log

import pytest
import torch

from striate.losses.cross_entropy import cross_entropy
from striate.losses.discriminative_map import discriminative_map


def test_one_picture_by_hand():
    distances = torch.tensor([[4.0, 1.0, 6.0]])
    expected = 1 + log(exp(-2) + exp(-4) + exp(-1) + exp(-6))
    assert discriminative_map(-distances, torch.tensor([1]), j=2.0).total.item() == pytest.approx(expected)


def test_without_a_rubbish_class_it_is_softmax_cross_entropy():
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(6) % 4
    found = discriminative_map(logits, labels, j=100.0).total
    torch.testing.assert_close(found, cross_entropy(logits, labels).total)


def test_classes_far_beyond_j_are_not_pushed_any_more_but_the_right_one_is_pulled():
    logits = torch.tensor([[-50.0, -60.0, -40.0]], requires_grad=True)
    discriminative_map(logits, torch.tensor([0]), j=1.0).total.backward()
    assert logits.grad[0].tolist() == pytest.approx([-1, 0, 0], abs=1e-12)
