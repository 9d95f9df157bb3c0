"""Averages of weights along a training: what validation, the best weights and every export then see.

Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; Izmailov et al.,
"Averaging Weights Leads to Wider Optima and Better Generalization", UAI 2018, arXiv:1803.05407.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from striate.hyperparameters import Average, Ema, Swa

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Averaging:
    """The average of one stage. Ema averages batch statistics with the weights, Swa measures them anew.

    Args:
        word: which average; None changes nothing.
        network: whose weights and statistics are averaged.
    """

    def __init__(self, word: Average | None, network: nn.Module) -> None:
        self.word = word
        self.count = 0
        # The state_dict's tensors are the network's own, detached.
        self.all = list(network.state_dict().values()) if word is not None else []
        self.live = [tensor for tensor in self.all if tensor.is_floating_point()]
        self.mean = [tensor.clone() for tensor in self.live]

    @torch.no_grad()
    def step_ended(self) -> None:
        """Take in the weights after a step."""
        if isinstance(self.word, Ema):
            self.count += 1
            # Early on a long memory would hold little but the first weights.
            decay = min(self.word.decay, (1 + self.count) / (10 + self.count))
            _lerp(self.mean, self.live, 1 - decay)

    @torch.no_grad()
    def epoch_ended(self, done: float) -> None:
        """Take in the weights after an epoch; `done` is the share of the stage that is behind, in (0, 1]."""
        if isinstance(self.word, Swa) and done > self.word.start:
            self.count += 1
            _lerp(self.mean, self.live, 1 / self.count)

    @contextmanager
    def applied(self, refresh: Callable[[], None]) -> Iterator[None]:
        """Within the context the network has the averaged weights.

        Args:
            refresh: measures batch statistics anew; called where the mean of statistics is not right.
        """
        if not self.count:
            yield
            return
        own = [tensor.clone() for tensor in self.all]
        _copy(self.mean, self.live)
        try:
            if isinstance(self.word, Swa):
                refresh()
            yield
        finally:
            _copy(own, self.all)

    def to_tree(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"count": self.count, "mean": self.mean}

    def load_tree(self, saved: dict[str, Any]) -> None:
        """What `to_tree` gave; memory layouts stay."""
        self.count = saved["count"]
        _copy(saved["mean"], self.mean)


@torch.no_grad()
def _copy(source: list[Tensor], target: list[Tensor]) -> None:
    for value, place in zip(source, target, strict=True):
        place.copy_(value)


@contextmanager
def measuring_norms(network: nn.Module) -> Iterator[bool]:
    """Within the context batch norms forget their statistics and take the plain mean over what they see.

    Everything else stays in eval mode, so that nothing is drawn. Gives False if there is no such norm.
    """
    norms = [module for module in network.modules() if isinstance(module, NORMS)]
    momenta = [norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean
        norm.train()
    try:
        yield bool(norms)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        network.eval()


def _lerp(mean: list[Tensor], live: list[Tensor], weight: float) -> None:
    """Move `mean` towards `live`, in place; together where this torch has its private way for that."""
    together = getattr(torch, "_foreach_lerp_", None)
    if together is not None:
        together(mean, live, weight)
        return
    for one, other in zip(mean, live, strict=True):
        one.lerp_(other, weight)
