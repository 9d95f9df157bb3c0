"""Validation runs the step itself, in eval mode: another call of a wrapped step would lose precision."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn

from striate.data.sample import Batch


@runtime_checkable
class Metric(Protocol):
    """Collects what a step decodes; a task's metric is one."""

    def update(self, judged: Any, batch: Batch) -> None:
        """Take in one batch."""
        ...

    def compute(self) -> dict[str, float]:
        """The figures of everything seen."""
        ...


def validator(
    metric: Callable[[], Metric], batches: Iterable[Batch]
) -> Callable[[nn.Module], dict[str, float]]:
    """A function that gives a step's figures on `batches`; the step must be in eval mode."""

    def validate(step: nn.Module) -> dict[str, float]:
        device = next(step.parameters()).device
        found = metric()
        with torch.no_grad():
            for batch in batches:
                found.update(step(batch.to(device)), batch)
        return found.compute()

    return validate
