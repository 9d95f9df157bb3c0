"""What validation says of a classifier after an epoch."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from striate.data.sample import Batch
from striate.losses.cross_entropy import cross_entropy
from striate.metrics.accuracy import hits
from striate.tasks.answers import EvaluationOutput


@dataclass(slots=True)
class ClassifyMetric:
    """Keeps every picture's scores, label and row: (N, K), (N,) and (N,)."""

    scores: list[Tensor] = field(default_factory=list)
    labels: list[Tensor] = field(default_factory=list)
    rows: list[Tensor] = field(default_factory=list)

    def update(self, judged: EvaluationOutput, batch: Batch) -> None:
        """Take in the scores (B, K) and labels of one batch."""
        assert batch.labels is not None
        self.scores.append(judged.outputs.cpu())
        self.labels.append(batch.labels.cpu())
        self.rows.append(batch.rows.cpu())

    def gathered(self) -> tuple[Tensor, Tensor, Tensor]:
        """Scores (N, K), labels (N,) and rows (N,) of everything seen."""
        return torch.cat(self.scores), torch.cat(self.labels), torch.cat(self.rows)

    def compute(self) -> dict[str, float]:
        """Loss in nats and accuracy in [0, 1]."""
        scores, labels, _ = self.gathered()
        return {
            "loss": float(cross_entropy(scores.double(), labels).total),
            "accuracy": float(hits(scores, labels).double().mean()),
        }
