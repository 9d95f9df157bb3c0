"""Classification: one label a picture.

A network with one output tells two classes apart (its output z decodes as the logits [0, z]); otherwise it
has an output a class. Scores are logits, larger is better.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.sample import Batch, Mixed
from striate.errors import StriateError
from striate.losses.binary_cross_entropy import binary_cross_entropy
from striate.losses.cross_entropy import ClassificationLosses, cross_entropy
from striate.losses.discriminative_map import discriminative_map
from striate.metrics.accuracy import hits
from striate.models.auxiliary import WithAuxiliary
from striate.models.surgery.trunk import head_scores
from striate.preprocess.preprocessing import Preprocessing
from striate.shapes import Labels, Logits, Shares
from striate.tasks.task import Judged


def decode_scores(logits: Logits) -> Float[Tensor, "B classes"]:
    """A score for every class: the logits themselves, or [0, z] for a network with a single output z."""
    if logits.shape[1] > 1:
        return logits
    return torch.cat([torch.zeros_like(logits), logits], dim=1)


def leading_classes(
    probabilities: Float[Tensor, "B classes"], top: int
) -> tuple[Float[Tensor, "B top"], Int64[Tensor, "B top"]]:
    """Values and columns of each row's `top` largest, best first; of equal ones the first column leads."""
    wanted = min(top, probabilities.shape[1])
    if len(probabilities):
        least = probabilities.topk(wanted, dim=1).values[:, -1:]
        among = probabilities >= least
        if bool((among.sum(dim=1) == wanted).all()):  # no two are equal at the edge: sort a few of many
            columns = among.nonzero()[:, 1].view(-1, wanted)
            order = probabilities.gather(1, columns).sort(dim=1, descending=True, stable=True)
            return order.values, columns.gather(1, order.indices)
    best = probabilities.sort(dim=1, descending=True, stable=True)
    return best.values[:, :wanted], best.indices[:, :wanted]


def shares(labels: Labels, mixed: Mixed, classes: int) -> Shares:
    """How much of every class each mixed picture shows, (B, classes); rows sum to 1."""
    own = F.one_hot(labels, classes) * mixed.weights[:, None]
    return own + F.one_hot(mixed.labels, classes) * (1 - mixed.weights[:, None])


TrainingLoss = Callable[[Tensor, Tensor, float], ClassificationLosses]


class ClassifyStep(nn.Module):
    """Normalises the pictures, runs the network and compares with the labels, of mixed pictures with both."""

    def __init__(
        self,
        network: nn.Module,
        preprocessing: Preprocessing,
        label_smoothing: float,
        loss: TrainingLoss | None = None,
    ) -> None:
        super().__init__()
        self.loss = loss
        self.network = network
        self.preprocessing = preprocessing
        self.label_smoothing = label_smoothing

    def forward(self, batch: Batch) -> ClassificationLosses | Judged:
        """Losses in training mode (labels smoothed, auxiliary heads' weighted and added).

        In eval mode plain losses and scores (B, K).
        """
        if batch.labels is None:
            raise StriateError("these pictures have no labels, so they cannot train or test a classifier.")
        outputs = self._outputs(batch)
        if not self.training:
            return Judged(self._losses(outputs, batch.labels, 0.0), decode_scores(outputs.float()))
        if not isinstance(outputs, WithAuxiliary):
            return self._training_losses(outputs, batch)
        inner = [self._training_losses(logits, batch).total for logits in outputs.auxiliary]
        whole = self._training_losses(outputs.logits, batch).total
        return ClassificationLosses(whole + outputs.weight * torch.stack(inner).sum())

    def on_features(self) -> "HeadStep":
        """The same loss around the head of the network alone, which then reads features."""
        return HeadStep(self.network, self.preprocessing, self.label_smoothing, self.loss)

    def _outputs(self, batch: Batch) -> Any:
        images = self.preprocessing.normalise(batch.pictures)
        return self.network(images.contiguous(memory_format=torch.channels_last))

    def _training_losses(self, logits: Logits, batch: Batch) -> ClassificationLosses:
        """Labels smoothed, mixed pictures with both labels, or the loss that was given."""
        assert batch.labels is not None
        if self.loss is not None:
            if batch.mixed is not None:
                raise StriateError(
                    "mixed pictures cannot be balanced by the loss; choose another --augment, or "
                    "--balance sampling."
                )
            return self.loss(decode_scores(logits), batch.labels, self.label_smoothing)
        labels: Labels | Shares = batch.labels
        if batch.mixed is not None:
            labels = shares(batch.labels, batch.mixed, max(2, logits.shape[1]))
        return self._losses(logits, labels, self.label_smoothing)

    def _losses(self, logits: Logits, labels: Tensor, smoothing: float) -> ClassificationLosses:
        """A network with fixed codes says from which distance on it rejects; its loss has no smoothing."""
        rejection = getattr(self.network, "rejection", None)
        if rejection is not None:
            if labels.ndim > 1:
                raise StriateError(
                    "a network with fixed codes cannot learn from mixed pictures; choose another --augment."
                )
            return discriminative_map(logits, labels, float(rejection))
        loss = binary_cross_entropy if logits.shape[1] == 1 else cross_entropy
        return loss(logits, labels, smoothing)


class HeadStep(ClassifyStep):
    """The same for a batch whose `pictures` are a trunk's features (B, D): only the head is run."""

    def _outputs(self, batch: Batch) -> Any:
        return head_scores(self.network, batch.pictures)


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
    loss: TrainingLoss | None = None  # of scores, labels and smoothing; None is plain cross-entropy
    name: str = "classify"

    def step(self, network: nn.Module) -> ClassifyStep:
        """The network with its loss around it."""
        return ClassifyStep(network, self.preprocessing, self.label_smoothing, self.loss)

    def metric(self) -> ClassifyMetric:
        """An empty metric."""
        return ClassifyMetric()

    def score(self, figures: dict[str, float]) -> tuple[float, ...]:
        """Accuracy; between equals, the lower loss."""
        return (figures["accuracy"], -figures["loss"])
