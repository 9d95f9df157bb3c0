"""The mean loss of an epoch's validation, over its pictures."""

from dataclasses import dataclass
from typing import Any

from striate.data.sample import Batch


@dataclass(slots=True)
class MeanLoss:
    """Weighs the loss of every batch with its number of pictures."""

    total: float = 0.0
    pictures: int = 0

    def update(self, losses: Any, batch: Batch) -> None:
        """Take in one batch; `losses` has a `.total`."""
        self.total += len(batch) * float(losses.total)
        self.pictures += len(batch)

    def compute(self) -> float:
        """Over everything seen so far; 0 before."""
        return self.total / max(1, self.pictures)
