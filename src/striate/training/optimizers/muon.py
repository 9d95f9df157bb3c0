"""Muon: the momentum of a matrix is replaced by the nearest matrix whose singular values are all about 1.

Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024 (the page
kellerjordan.github.io/posts/muon, with the quintic's coefficients and the factor for tall matrices).
Differs: the iteration runs in fp32; on small matrices bfloat16 saves nothing on a CPU.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

from striate.hyperparameters import Number

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # steepest at zero; singular values end between 0.68 and 1.13
STEPS = 5


def orthogonalised(matrix: Float[Tensor, "R S"], steps: int = STEPS) -> Float[Tensor, "R S"]:
    """The matrix with its singular values moved to about 1 by a Newton-Schulz iteration.

    With X = U S V^T each step maps every singular value s to a s + b s^3 + c s^5 and leaves U and V.
    """
    a, b, c = COEFFICIENTS
    x = matrix.float()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T  # the smaller product
    x = x / (x.norm() + 1e-7)  # no singular value above 1
    for _ in range(steps):
        product = x @ x.T
        x = a * x + (b * product + c * product @ product) @ x
    found: Tensor = (x.T if tall else x).to(matrix.dtype)
    return found


class MuonOptimizer(Optimizer):
    """Muon for matrices and convolutions (seen as outputs x the rest), another optimiser for what is left.

    Both keep their state in this optimiser's, so that it is saved and restored as one.
    """

    def __init__(
        self,
        hidden: list[nn.Parameter],
        rest: Optimizer | None,
        lr: Number,
        momentum: Number,
        weight_decay: Number,
        rest_ratio: Number,
        iterations: int = STEPS,
    ) -> None:
        groups = [
            {"params": hidden, "muon": True, "ratio": 1.0, "momentum": momentum, "weight_decay": weight_decay}
        ]
        if rest is not None:
            groups += [{**group, "muon": False, "ratio": rest_ratio} for group in rest.param_groups]
        self.rest, self.iterations = rest, iterations
        super().__init__([group for group in groups if group["params"]], {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step along the gradients; a closure is not called."""
        del closure
        for group in self.param_groups:
            if group["muon"]:
                for parameter in group["params"]:
                    self._matrix_step(parameter, group["lr"], group["momentum"], group["weight_decay"])
        if self.rest is not None:  # loading a state replaces groups and state, so they are handed over here
            self.rest.param_groups = [group for group in self.param_groups if not group["muon"]]
            self.rest.state = self.state
            self.rest.step()

    def _matrix_step(self, weights: nn.Parameter, lr: float, momentum: Number, weight_decay: Number) -> None:
        gradient = weights.grad
        if gradient is None:
            return
        state = self.state[weights]
        if not state:
            state["momentum"] = torch.zeros_like(weights)
        state["momentum"].mul_(momentum).add_(gradient)
        ahead = gradient.add(state["momentum"], alpha=float(momentum))  # Nesterov's
        matrix = ahead.flatten(1)
        longer = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
        weights.mul_(1 - lr * weight_decay)
        weights.sub_(orthogonalised(matrix, self.iterations).view(weights.shape), alpha=lr * longer)
