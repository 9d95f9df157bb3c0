"""Optimisers by name, weight decay only where it belongs, and state restored to the same memory layout."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from striate.errors import UnknownName


def _adamw(groups: list[dict[str, Any]], lr: float) -> Optimizer:
    return AdamW(groups, lr=lr, fused=True)


def _sgd(groups: list[dict[str, Any]], lr: float) -> Optimizer:
    return SGD(groups, lr=lr, momentum=0.9, nesterov=True, fused=True)


OPTIMIZERS: dict[str, Callable[[list[dict[str, Any]], float], Optimizer]] = {"adamw": _adamw, "sgd": _sgd}


def make_optimizer(
    name: str, parameters: Iterable[nn.Parameter], lr: float, weight_decay: float
) -> Optimizer:
    """An optimiser of the parameters that require a gradient; biases and norms are not decayed."""
    if name not in OPTIMIZERS:
        raise UnknownName("optimizer", name, OPTIMIZERS, f"There are: {', '.join(OPTIMIZERS)}.")
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return OPTIMIZERS[name]([group for group in groups if group["params"]], lr)


def restore_optimizer(optimizer: Optimizer, saved: dict[str, Any]) -> None:
    """Load a saved state; every moment gets its parameter's memory format back.

    Fused kernels walk memory in order, so another layout would round differently.
    """
    optimizer.load_state_dict(saved)
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                state[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
