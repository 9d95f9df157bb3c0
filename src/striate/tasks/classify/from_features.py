"""Classification from a frozen trunk's features: logistic regression, or a dense head that is trained."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

import torch
from torch import Tensor, nn

from striate.data.sample import Truth
from striate.data.sampling import class_weights
from striate.models.surgery.trunk import lift_scores, require_linear_head
from striate.ops.logistic_regression import Probe, fit_probe
from striate.shapes import Images
from striate.tasks.choosing import TransferChoice
from striate.tasks.classify.choosing import Measured, choose_transfer, worth_timing
from striate.tasks.classify.step import ClassifyStep, HeadStep
from striate.tasks.classify.truths import labels_of
from striate.tasks.from_features import FromFeatures, Seen


class ClassesFromFeatures(FromFeatures):
    """A class from features."""

    def fit(self, seen: Seen, balance: str) -> Probe:
        labels, classes = labels_of(seen.truths), max(2, len(seen.classes))
        return fit_probe(
            seen.features,
            labels,
            classes,
            seen.groups,
            seed=seen.seed,
            weights=class_weights(labels, classes)[labels] if balance != "none" else None,
            more=seen.views,
        )

    def settle(self, network: nn.Module, images: Callable[[], Images]) -> None:
        """See `lift_scores`: softmax does not see what is added to every score."""
        if isinstance(require_linear_head(network), nn.Conv2d):
            lift_scores(network, images())

    def step(self, step: nn.Module) -> HeadStep:
        assert isinstance(step, ClassifyStep)
        return step.on_features()

    def choose(
        self,
        probe: Probe,
        truths: Sequence[Truth],
        finetuning: Callable[[], float],
        seconds: float | None,
    ) -> TransferChoice:
        measured = _measured(probe, labels_of(truths))
        if worth_timing(measured):
            measured = replace(measured, finetune_seconds=finetuning())
        return choose_transfer(measured, seconds)


def _measured(probe: Probe, labels: Tensor) -> Measured:
    asked = probe.answers >= 0
    accuracy = float((probe.answers[asked] == labels[asked]).double().mean()) if bool(asked.any()) else None
    counts = torch.bincount(labels)
    return Measured(
        pictures=len(labels),
        each=int(median(counts[counts > 0].tolist())),
        accuracy=accuracy,
    )
