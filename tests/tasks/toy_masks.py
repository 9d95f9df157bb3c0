"""The toy task once more, taught by masks alone: where is the middle of what is masked?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import torch
from tests.tasks.toy_points import FindSpot, Spot, SpotLosses, SpotMetric, SpotStep
from torch import nn

from striate.data.sample import Batch, Truth
from striate.tasks.answers import Context, EvaluationOutput, Figures
from striate.tasks.catalog import TASKS
from striate.tasks.recipes.recipe import Recipe

NAME = "toy-masks"


def centred(truth: Truth) -> Truth:
    """The truth with the middle of its masks as its point."""
    assert truth.masks is not None
    ys, xs = torch.nonzero(truth.masks.any(dim=0), as_tuple=True)
    return replace(truth, points=torch.stack([xs.float().mean() + 0.5, ys.float().mean() + 0.5])[None])


def with_points(batch: Batch) -> Batch:
    """The batch with the middle of every picture's masks."""
    return replace(batch, known=batch.known.with_truths(tuple(map(centred, batch.truths))))


class MaskStep(SpotStep):
    def forward(self, batch: Batch) -> SpotLosses | EvaluationOutput:
        return super().forward(with_points(batch))


class MaskMetric(SpotMetric):
    def update(self, judged: EvaluationOutput, batch: Batch) -> None:
        super().update(judged, with_points(batch))


class FindMask(FindSpot):
    """Where is the middle of the mask?"""

    name: ClassVar = NAME
    about: ClassVar = "where the middle of what is masked is"
    truths: ClassVar = ("boxes", "masks")

    def step(
        self, network: nn.Module, context: Context, recipe: Recipe, truths: Sequence[Truth] = ()
    ) -> MaskStep:
        return MaskStep(network, context)

    def metric(self, context: Context) -> MaskMetric:
        return MaskMetric()

    def figures(self, answers: Sequence[Spot], truths: Sequence[Truth], context: Context) -> Figures:
        return super().figures(answers, list(map(centred, truths)), context)

    def mistakes(
        self, answers: Sequence[Spot], truths: Sequence[Truth], context: Context, most: int
    ) -> list[int]:
        return super().mistakes(answers, list(map(centred, truths)), context, most)

    def record(self, answer: Spot, truth: Truth, context: Context) -> dict[str, str | float]:
        return super().record(answer, centred(truth), context)


FIND_MASK = FindMask()


def register(monkeypatch: Any) -> None:
    """Make the task known for one test."""
    monkeypatch.setitem(TASKS, NAME, f"{__name__}:FIND_MASK")
