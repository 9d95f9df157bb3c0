"""Where a training stands: everything about it that is not a weight, a moment or a random state."""

from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor


@dataclass(slots=True)
class Position:
    """Counters of a training.

    Attributes:
        stage: index of the stage that runs.
        epoch: epochs finished in this stage.
        step: batches finished in this epoch.
        epochs_done: epochs finished in all stages; numbers the epochs for order and augmentation.
        steps_done: batches finished in all stages; numbers the steps for dropout.
        stale: epochs since the stage's validation score was last the best.
        waited: epochs without a better score that a plateau schedule has counted.
        drops: how often it has lowered the rate in this stage.
        best: the best score so far, over all stages; empty before the first validation.
        best_epoch: its epoch, counted from 1 over all stages.
        loss_sum: sum of the training losses of this epoch's pictures, (), float64.
        parts: the same sums of what the losses hold beside their total, by name.
        pictures: how many pictures that are.
    """

    stage: int = 0
    epoch: int = 0
    step: int = 0
    epochs_done: int = 0
    steps_done: int = 0
    stale: int = 0
    waited: int = 0
    drops: int = 0
    best: list[float] = field(default_factory=list)
    best_epoch: int = 0
    loss_sum: Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.float64))
    parts: dict[str, Tensor] = field(default_factory=dict)
    pictures: int = 0

    def to_tree(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {f.name: getattr(self, f.name) for f in fields(self)}
