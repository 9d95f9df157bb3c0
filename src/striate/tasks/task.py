"""What a task is: the part of training that knows targets, losses, decoding and what 'better' means.

The loop in `striate.training` sees only this: a step (one `nn.Module`) whose `forward(batch)` returns losses
with a `.total` while training, and `Judged` (the losses and the decoded outputs) in eval mode; and a metric
that reads decoded outputs. A detector puts matching and box coding into its step and boxes into its outputs;
a face network forms pairs in its step; a captioner reads `truths` and returns sentences. None of that reaches
the loop.
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

from torch import nn

from striate.data.sample import Batch


class Judged(NamedTuple):
    """What a step returns in eval mode: the plain losses and the decoded outputs of the batch."""

    losses: Any
    outputs: Any


@runtime_checkable
class Metric(Protocol):
    """Collects decoded outputs and says what they are worth."""

    def update(self, judged: Judged, batch: Batch) -> None:
        """Take in one batch."""
        ...

    def compute(self) -> dict[str, float]:
        """The figures of everything seen so far."""
        ...


@runtime_checkable
class Task(Protocol):
    """One kind of work: classify, detect, segment..."""

    name: str

    def step(self, network: nn.Module) -> nn.Module:
        """The module that the loop trains: the network with its losses around it."""
        ...

    def metric(self) -> Metric:
        """An empty metric."""
        ...

    def score(self, figures: dict[str, float]) -> tuple[float, ...]:
        """What selection compares, largest first: the best epoch has the largest score."""
        ...
