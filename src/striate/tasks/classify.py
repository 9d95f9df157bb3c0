"""Classification: one label a picture.

A network with one output tells two classes apart (its output z decodes as the logits [0, z]); otherwise it
has an output a class. Scores are logits, larger is better.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.data.sample import Batch
from striate.errors import StriateError
from striate.losses.binary_cross_entropy import binary_cross_entropy
from striate.losses.cross_entropy import ClassificationLosses, cross_entropy
from striate.metrics.accuracy import hits
from striate.models.auxiliary import WithAuxiliary
from striate.preprocess import Preprocessing
from striate.shapes import Logits
from striate.tasks.task import Judged


def decode_scores(logits: Logits) -> Float[Tensor, "B classes"]:
    """A score for every class: the logits themselves, or [0, z] for a network with a single output z."""
    if logits.shape[1] > 1:
        return logits
    return torch.cat([torch.zeros_like(logits), logits], dim=1)


class ClassifyStep(nn.Module):
    """Normalises the pictures, runs the network and compares with the labels."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing, label_smoothing: float) -> None:
        super().__init__()
        self.network = network
        self.preprocessing = preprocessing
        self.label_smoothing = label_smoothing

    def forward(self, batch: Batch) -> ClassificationLosses | Judged:
        """Losses in training mode (labels smoothed, auxiliary heads' weighted and added).

        In eval mode plain losses and scores (B, K).
        """
        if batch.labels is None:
            raise StriateError("these pictures have no labels, so they cannot train or test a classifier.")
        images = self.preprocessing.normalise(batch.pictures)
        outputs = self.network(images.contiguous(memory_format=torch.channels_last))
        logits = outputs.logits if isinstance(outputs, WithAuxiliary) else outputs
        loss = binary_cross_entropy if logits.shape[1] == 1 else cross_entropy
        if not self.training:
            return Judged(loss(logits, batch.labels), decode_scores(logits.float()))
        losses = loss(logits, batch.labels, self.label_smoothing)
        if isinstance(outputs, WithAuxiliary):
            inner = [loss(other, batch.labels, self.label_smoothing).total for other in outputs.auxiliary]
            losses = ClassificationLosses(losses.total + outputs.weight * torch.stack(inner).sum())
        return losses


@dataclass(slots=True)
class ClassifyMetric:
    """Keeps every picture's scores, label and row: (N, K), (N,) and (N,)."""

    scores: list[Tensor] = field(default_factory=list)
    labels: list[Tensor] = field(default_factory=list)
    rows: list[Tensor] = field(default_factory=list)

    def update(self, judged: Judged, batch: Batch) -> None:
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


@dataclass(frozen=True, slots=True)
class Classify:
    """The task: which class is this picture of?"""

    preprocessing: Preprocessing
    label_smoothing: float = 0.0
    name: str = "classify"

    def step(self, network: nn.Module) -> ClassifyStep:
        """The network with its loss around it."""
        return ClassifyStep(network, self.preprocessing, self.label_smoothing)

    def metric(self) -> ClassifyMetric:
        """An empty metric."""
        return ClassifyMetric()

    def score(self, figures: dict[str, float]) -> tuple[float, ...]:
        """Accuracy; between equals, the lower loss."""
        return (figures["accuracy"], -figures["loss"])
