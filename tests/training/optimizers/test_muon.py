"""Muon: singular values near one, singular vectors kept, and the step of torch's own for matrices."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.training.optimizers.muon import COEFFICIENTS, MuonOptimizer, orthogonalised


@pytest.mark.parametrize("shape", [(6, 25), (16, 16), (84, 20), (5, 1)])
def test_singular_values_follow_the_quintic_and_vectors_stay(shape):
    matrix = np.random.default_rng(0).normal(size=shape)
    u, s, v = np.linalg.svd(matrix, full_matrices=False)
    s = s / np.linalg.norm(matrix)
    for _ in range(5):
        s = COEFFICIENTS[0] * s + COEFFICIENTS[1] * s**3 + COEFFICIENTS[2] * s**5
    found = orthogonalised(torch.from_numpy(matrix).float()).numpy()
    assert found == pytest.approx((u * s) @ v, abs=1e-4)


def test_singular_values_of_a_random_matrix_end_near_one():
    values = torch.linalg.svdvals(orthogonalised(torch.randn(20, 64, generator=torch.manual_seed(0))))
    assert values.min() > 0.6 and values.max() < 1.25


def naive(weights, gradients, lr, decay):
    """The steps with loops and an SVD, for an already orthogonal direction's scale."""
    buffer = np.zeros_like(weights)
    for gradient in gradients:
        buffer = 0.95 * buffer + gradient
        ahead = (gradient + 0.95 * buffer).reshape(len(weights), -1)
        u, s, v = np.linalg.svd(ahead, full_matrices=False)
        s = s / np.linalg.norm(ahead)
        for _ in range(5):
            s = COEFFICIENTS[0] * s + COEFFICIENTS[1] * s**3 + COEFFICIENTS[2] * s**5
        longer = max(1, ahead.shape[0] / ahead.shape[1]) ** 0.5
        weights = (1 - lr * decay) * weights - lr * longer * ((u * s) @ v).reshape(weights.shape)
    return weights


@pytest.mark.parametrize("shape", [(8, 3, 2, 2), (40, 4), (4, 1, 5, 5)])
def test_steps_agree_with_a_naive_program(shape):
    random = np.random.default_rng(2)
    start, gradients = random.normal(size=shape), random.normal(size=(4, *shape))
    weights = nn.Parameter(torch.from_numpy(start).float())
    optimizer = MuonOptimizer([weights], None, 0.02, 0.95, 0.1, 0.1)
    for gradient in gradients:
        weights.grad = torch.from_numpy(gradient).float()
        optimizer.step()
    assert weights.detach().numpy() == pytest.approx(naive(start, gradients, 0.02, 0.1), abs=2e-4)


def test_it_is_torchs_muon_for_a_matrix():
    start = torch.randn(12, 30, generator=torch.manual_seed(3))
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    first = MuonOptimizer([ours], None, 0.02, 0.95, 0.1, 0.1)
    second = torch.optim.Muon([theirs], lr=0.02, momentum=0.95, weight_decay=0.1)
    for step in range(5):
        ours.grad = theirs.grad = torch.randn(12, 30, generator=torch.manual_seed(step))
        first.step()
        second.step()
    # Theirs iterates in bfloat16 and fades its momentum with 0.05 new, which the direction does not see.
    assert torch.allclose(ours, theirs, atol=0.01)
    assert (ours - start).norm() > 0.1


def test_a_zero_gradient_stays_finite():
    weights = nn.Parameter(torch.ones(3, 3))
    weights.grad = torch.zeros(3, 3)
    MuonOptimizer([weights], None, 0.1, 0.95, 0.0, 0.1).step()
    assert torch.equal(weights, torch.ones(3, 3))
