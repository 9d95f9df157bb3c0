"""Activations written out, and the backward pass through layers of sigmoid units."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


def sigmoid(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """1 / (1 + exp(-x)); its slope is y (1 - y)."""
    return 1 / (1 + torch.exp(-x))


def softsign(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """x / (1 + |x|)."""
    return x / (1 + x.abs())


def tanh(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """(e^x - e^-x) / (e^x + e^-x), in the form that does not overflow."""
    return 2 * sigmoid(2 * x) - 1


def relu(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """max(0, x)."""
    return x.clamp_min(0)


class SigmoidPass(NamedTuple):
    """One forward and backward pass; changes are what is added to the weights."""

    hidden: Float[Tensor, " H"]
    outputs: Float[Tensor, " O"]
    error: Float[Tensor, ""]
    hidden_changes: Float[Tensor, "H I"]
    output_changes: Float[Tensor, "O H"]


def sigmoid_network_pass(
    inputs: Float[Tensor, " I"],
    hidden_weights: Float[Tensor, "H I"],
    output_weights: Float[Tensor, "O H"],
    wanted: Float[Tensor, " O"],
    eta: float = 1.0,
) -> SigmoidPass:
    """Gradient descent by hand on E = 1/2 sum (y - d)^2 through two layers of sigmoid units without bias.

    delta = y (1 - y) (y - d) at the outputs; at the hidden units y (1 - y) times the weighted sum of the
    deltas that they fed; every weight changes by -eta * what it read * delta of what it fed.
    """
    hidden = sigmoid(hidden_weights @ inputs)
    outputs = sigmoid(output_weights @ hidden)
    output_delta = outputs * (1 - outputs) * (outputs - wanted)
    hidden_delta = hidden * (1 - hidden) * (output_weights.T @ output_delta)
    return SigmoidPass(
        hidden,
        outputs,
        ((outputs - wanted) ** 2).sum() / 2,
        -eta * torch.outer(hidden_delta, inputs),
        -eta * torch.outer(output_delta, hidden),
    )
