"""LAMB against the paper's algorithm 2 in numpy, and its one promise: steps as long as the weights."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.training.optimizers.lamb import LambOptimizer


def algorithm_2(weights, gradients, lr, decay):
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for t, gradient in enumerate(gradients, 1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        r = (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-6)
        update = r + decay * weights
        weights = weights - lr * np.linalg.norm(weights) / np.linalg.norm(update) * update
    return weights


def stepped(start, gradients, lr, decay):
    weights = nn.Parameter(torch.from_numpy(start.copy()))
    optimizer = LambOptimizer([{"params": [weights], "weight_decay": decay}], lr, 0.9, 0.999, 1e-6)
    for gradient in gradients:
        weights.grad = torch.from_numpy(gradient)
        optimizer.step()
    return weights.detach().numpy()


def test_it_is_the_papers_algorithm():
    random = np.random.default_rng(0)
    start, gradients = random.normal(size=(4, 3)), random.normal(size=(6, 4, 3))
    expected = algorithm_2(start, gradients, 0.01, 0.1)
    assert stepped(start, gradients, 0.01, 0.1) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_a_step_is_the_rate_times_the_length_of_the_weights(scale):
    random = np.random.default_rng(1)
    start = scale * random.normal(size=(5, 5))
    moved = stepped(start, [random.normal(size=(5, 5))], 0.03, 0.01) - start
    assert np.linalg.norm(moved) == pytest.approx(0.03 * np.linalg.norm(start))


def test_weights_of_zero_and_norms_take_adams_step():
    gradient = np.full((2, 2), 3.0)
    assert stepped(np.zeros((2, 2)), [gradient], 0.1, 0.5) == pytest.approx(-0.1, rel=1e-5)
    assert stepped(np.full((2, 2), 7.0), [gradient], 0.1, 0.0) == pytest.approx(6.9, rel=1e-5)
