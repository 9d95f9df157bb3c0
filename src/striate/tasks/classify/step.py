"""What the loop trains to classify: the network with the losses of labels around it.

A network with one output tells two classes apart (its output z decodes as the logits [0, z]); otherwise it
has an output a class. Scores are logits, larger is better.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.sample import Batch, Mixed
from striate.errors import StriateError
from striate.losses.binary_cross_entropy import binary_cross_entropy
from striate.losses.cross_entropy import ClassificationLosses, cross_entropy
from striate.losses.discriminative_map import discriminative_map
from striate.models.auxiliary import WithAuxiliary
from striate.models.surgery.trunk import head_scores
from striate.preprocess.preprocessing import Preprocessing
from striate.shapes import Labels, Logits, Shares
from striate.tasks.answers import EvaluationOutput
from striate.tasks.classify.decode import decode_scores


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

    def forward(self, batch: Batch) -> ClassificationLosses | EvaluationOutput:
        """Losses in training mode (labels smoothed, auxiliary heads' weighted and added).

        In eval mode plain losses and scores (B, K).
        """
        if batch.labels is None:
            raise StriateError("these pictures have no labels, so they cannot train or test a classifier.")
        outputs = self._outputs(batch)
        if not self.training:
            return EvaluationOutput(self._losses(outputs, batch.labels, 0.0), decode_scores(outputs.float()))
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
