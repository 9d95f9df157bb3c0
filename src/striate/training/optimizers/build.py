"""Optimisers from their words: decay only where it belongs, state restored to the same memory layout."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, assert_never

import torch
from torch import Tensor, nn, optim

from striate.hyperparameters import Adadelta, Adam, AdamW, Lamb, Muon, Number, Optimizer, RmsProp, Sgd
from striate.training.optimizers.lamb import LambOptimizer
from striate.training.optimizers.muon import MuonOptimizer

Groups = list[dict[str, Any]]


def make_optimizer(
    word: Optimizer,
    parameters: Iterable[tuple[str, nn.Parameter]],
    lr: Number,
    weight_decay: Number,
    head: Collection[str] = (),
    ratios: Mapping[str, float] | None = None,
) -> optim.Optimizer:
    """An optimiser of the parameters that require a gradient; biases and norms are not decayed.

    Args:
        word: which one, with its settings.
        parameters: with their names.
        lr: the rate.
        weight_decay: of weights.
        head: names of the output layer's parameters, which Muon leaves to its `rest`.
        ratios: rates of parameters over `lr`, 1 where none is given; Muon has one rate for all it turns.
    """
    own = ratios or {}
    trained = [(name, parameter) for name, parameter in parameters if parameter.requires_grad]
    if not isinstance(word, Muon):
        return _plain(word, decay_groups(trained, weight_decay, own), lr)
    hidden = [p for name, p in trained if p.ndim > 1 and name not in head]
    others = [(name, p) for name, p in trained if p.ndim <= 1 or name in head]
    rest = _plain(word.rest, decay_groups(others, weight_decay, {}), lr * word.rest_ratio) if others else None
    return MuonOptimizer(hidden, rest, lr, word.momentum, weight_decay, word.rest_ratio, word.iterations)


def decay_groups(
    parameters: Iterable[tuple[str, nn.Parameter]], weight_decay: Number, ratios: Mapping[str, float]
) -> Groups:
    """Weights with decay, then biases and norms without, apart by their rates, the largest first."""
    kept = [(ratios.get(name, 1.0), parameter) for name, parameter in parameters]
    groups: Groups = []
    for ratio in sorted({ratio for ratio, _ in kept}, reverse=True):
        same = [parameter for own, parameter in kept if own == ratio]
        mark = {} if ratio == 1.0 else {"ratio": ratio}
        groups.append({"params": [p for p in same if p.ndim > 1], "weight_decay": weight_decay, **mark})
        groups.append({"params": [p for p in same if p.ndim <= 1], "weight_decay": 0.0, **mark})
    return [group for group in groups if group["params"]]


def _plain(
    word: Sgd | RmsProp | Adadelta | Adam | AdamW | Lamb, groups: Groups, lr: Number
) -> optim.Optimizer:
    match word:
        case Sgd(momentum, nesterov):
            return optim.SGD(groups, lr=lr, momentum=momentum, nesterov=nesterov, fused=True)
        case RmsProp(alpha, eps, momentum):
            return optim.RMSprop(groups, lr=lr, alpha=alpha, eps=eps, momentum=momentum)
        case Adadelta(rho, eps):
            return optim.Adadelta(groups, lr=lr, rho=rho, eps=eps)
        case Adam(beta1, beta2, eps):
            return optim.Adam(groups, lr=lr, betas=(beta1, beta2), eps=eps, fused=True)
        case AdamW(beta1, beta2, eps):
            return optim.AdamW(groups, lr=lr, betas=(beta1, beta2), eps=eps, fused=True)
        case Lamb(beta1, beta2, eps):
            return LambOptimizer(groups, lr, beta1, beta2, eps)
    assert_never(word)


def set_rate(optimizer: optim.Optimizer, rate: float) -> None:
    """Give every group its rate; a group's `ratio` is over the rate of the first."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("ratio", 1.0)


def restore_optimizer(optimizer: optim.Optimizer, saved: dict[str, Any]) -> None:
    """Load a saved state; every moment gets its parameter's memory format back.

    Fused kernels walk memory in order, so another layout would round differently.
    """
    optimizer.load_state_dict(saved)
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                state[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
