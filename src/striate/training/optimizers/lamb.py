"""LAMB: Adam's direction, in every layer as long as the layer's weights times the rate.

Source: You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", ICLR 2020,
algorithm 2, arXiv:1904.00962; phi is the identity.
Differs: biases and norms (groups without weight decay) take Adam's step, as in the authors' program.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from striate.hyperparameters import Number


class LambOptimizer(Optimizer):
    """A torch optimiser; its groups say `lr` and `weight_decay`."""

    def __init__(
        self, groups: list[dict[str, Any]], lr: Number, beta1: Number, beta2: Number, eps: Number
    ) -> None:
        super().__init__(groups, {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step along the gradients; a closure is not called."""
        del closure
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    _step(parameter, parameter.grad, self.state[parameter], group)


def _step(weights: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    if not state:
        state.update(step=0, mean=torch.zeros_like(weights), square=torch.zeros_like(weights))
    state["step"] += 1
    mean, square = state["mean"], state["square"]
    mean.lerp_(gradient, 1 - group["beta1"])
    square.mul_(group["beta2"]).addcmul_(gradient, gradient, value=1 - group["beta2"])
    corrected = mean / (1 - group["beta1"] ** state["step"])
    spread = (square / (1 - group["beta2"] ** state["step"])).sqrt_().add_(group["eps"])
    direction = corrected.div_(spread)
    if group["weight_decay"]:
        direction.add_(weights, alpha=group["weight_decay"])
        lengths = weights.norm(), direction.norm()
        # Weights that are all zero have no length to keep; they take Adam's step.
        trust = torch.where((lengths[0] > 0) & (lengths[1] > 0), lengths[0] / lengths[1], 1.0)
        direction.mul_(trust)
    weights.sub_(direction, alpha=group["lr"])
