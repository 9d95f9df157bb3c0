"""The task of classification: one label a picture."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from striate.data.dataset import Dataset
from striate.data.sample import Truth
from striate.data.sampling import class_weights
from striate.drawing.overlay import SHOWN
from striate.losses.focal import focal_loss
from striate.losses.weighted_cross_entropy import weighted_cross_entropy
from striate.metrics.calibration_error import expected_calibration_error
from striate.preprocess.placement import Placement
from striate.runs.answers import read_answers, saved_answer
from striate.runs.folder import RunFolder
from striate.shapes import Picture
from striate.tasks.answers import Agreement, Context, Figures, Outputs, Recorded
from striate.tasks.choosing import Choice, Traits, choose_network
from striate.tasks.classify.calibration import AT_BOUND, at_bound, fit_temperature, temperature_interval
from striate.tasks.classify.decode import Answer, decode_scores, named_answers
from striate.tasks.classify.figures import classifier_figures
from striate.tasks.classify.from_features import ClassesFromFeatures
from striate.tasks.classify.metric import ClassifyMetric
from striate.tasks.classify.step import ClassifyStep, TrainingLoss
from striate.tasks.classify.thresholds import (
    COUNTED_UNSURE,
    WANTED,
    Judgement,
    class_thresholds,
    overall_threshold,
)
from striate.tasks.classify.truths import labels_of
from striate.tasks.classify.words import compared, figures_table, sentence
from striate.tasks.recipes.catalog import OWN_RECIPE
from striate.tasks.recipes.recipe import Recipe
from striate.tasks.task import Task


class Classify(Task[Answer]):
    """Which class is this picture of?"""

    name: ClassVar = "classify"
    about: ClassVar = "one class a picture"
    truths: ClassVar = ("label",)
    options: ClassVar = ("label_smoothing", "balance")
    transfers: ClassVar = ("scratch", "auto", "probe", "features", "frozen", "finetune")
    fewest_classes: ClassVar = 2
    calibrates: ClassVar = True
    in_percent: ClassVar = ("accuracy",)
    can: ClassVar = ("views", "together", "sort", "int8", "compare", "doubt", "list", "climb", "mix")

    def choose(self, traits: Traits, available: Callable[[str], Path | None]) -> Choice:
        return choose_network(traits, available)

    def recipe_for(self, model: str, *, pretrained: bool, transfer: str | None) -> str:
        if transfer is not None:
            return "probe" if transfer == "auto" else transfer  # auto begins with the probe
        return "transfer" if pretrained else OWN_RECIPE.get(model, "scratch")

    def from_features(self) -> ClassesFromFeatures:
        return ClassesFromFeatures()

    def outputs(self, dataset: Dataset, learned: Mapping[str, Any]) -> int:
        return len(dataset.classes)

    def step(
        self, network: nn.Module, context: Context, recipe: Recipe, truths: Sequence[Truth] = ()
    ) -> ClassifyStep:
        loss = _loss(recipe, truths, len(context.labels))
        return ClassifyStep(network, context.preprocessing, recipe.label_smoothing, loss)

    def metric(self, context: Context) -> ClassifyMetric:
        return ClassifyMetric()

    def score(self, figures: dict[str, float]) -> tuple[float, ...]:
        """Accuracy; between equals, the lower loss."""
        return (figures["accuracy"], -figures["loss"])

    def decode(self, outputs: Outputs, placements: Sequence[Placement], context: Context) -> list[Answer]:
        scores = decode_scores(outputs[0].float())
        probabilities = self.probabilities((scores,), context)
        return named_answers(probabilities, context.labels, context.top, scores)

    def merged(self, views: Sequence[Outputs]) -> Outputs:
        """The mean of the scores."""
        if len(views) == 1:
            return views[0]
        return (torch.stack([decode_scores(view[0].float()) for view in views]).mean(dim=0),)

    def combined(self, members: Sequence[tuple[Outputs, Context]]) -> list[Answer]:
        """The mean of the calibrated probabilities."""
        labels, top = members[0][1].labels, members[0][1].top
        total = torch.zeros(len(members[0][0][0]), len(labels), dtype=torch.float64)
        for outputs, context in members:
            found = self.probabilities(outputs, context)
            if context.labels != labels:
                place = {label: column for column, label in enumerate(context.labels)}
                found = found[:, torch.tensor([place[label] for label in labels])]
            total += found
        return named_answers(total / len(members), labels, top)

    def explained(self, network: nn.Module) -> nn.Module:
        return network

    def probabilities(self, outputs: Outputs, context: Context) -> Tensor:
        scores = decode_scores(outputs[0].float())
        return torch.softmax(scores.double() / temperature_of(context), dim=1)

    def columns(self, context: Context) -> tuple[str, ...]:
        return ("label", "probability")

    def fits(self, labels: Sequence[str], outputs: int) -> bool:
        return len(labels) == outputs

    def thresholds(self, run: RunFolder, context: Context, wanted: float) -> Mapping[str, float]:
        return class_thresholds(read_answers(run, "validation.csv"), context.labels, wanted)

    def calibrate(self, outputs: Outputs, truths: Sequence[Truth], context: Context) -> dict[str, Any]:
        scores, labels = decode_scores(outputs[0].float()), labels_of(truths)
        temperature = fit_temperature(scores, labels)
        calibrated = torch.softmax(scores.double() / temperature, 1)
        confidence, answers = calibrated.max(dim=1)
        known = [
            Judgement(context.labels[answer], probability, answer == label)
            for answer, probability, label in zip(
                answers.tolist(), confidence.tolist(), labels.tolist(), strict=True
            )
        ]
        found = {
            "temperature": temperature,
            "temperature_at_bound": at_bound(temperature),
            "temperature_interval": list(temperature_interval(scores, labels, temperature)),
            "pictures": len(labels),
            "part": "validation",
            "ece_uncalibrated": expected_calibration_error(torch.softmax(scores.double(), 1), labels),
            "ece": expected_calibration_error(calibrated, labels),
            "unsure": [{"accuracy": a, "threshold": overall_threshold(known, a)} for a in WANTED],
        }
        if at_bound(temperature):
            found["warning"] = AT_BOUND.format(temperature=temperature, pictures=len(labels))
        return found

    def figures(self, answers: Sequence[Answer], truths: Sequence[Truth], context: Context) -> Figures:
        found = classifier_figures(
            scores_of(answers, len(context.labels)),
            labels_of(truths),
            context.labels,
            temperature_of(context),
        )
        return Figures(
            found.metrics,
            found.per_class,
            {"calibration": found.calibration},
            {"confusion": found.confusion},
        )

    def mistakes(
        self, answers: Sequence[Answer], truths: Sequence[Truth], context: Context, most: int
    ) -> list[int]:
        """Those of the most confident wrong answers."""
        wrong = [
            row
            for row, (answer, truth) in enumerate(zip(answers, truths, strict=True))
            if truth.label is not None and answer.label != context.labels[truth.label]
        ]
        return sorted(wrong, key=lambda row: -answers[row].probability)[:most]

    def record(self, answer: Answer, truth: Truth, context: Context) -> dict[str, str | float]:
        label = "" if truth.label is None else context.labels[truth.label]
        return {"label": label, "predicted": answer.label, "probability": answer.probability}

    def judged(self, record: Mapping[str, str | float]) -> dict[str, str | float]:
        names = {"truth": "label", "label": "predicted", "probability": "probability"}
        return {name: record[column] for name, column in names.items()}

    def shares(self, answer: Answer, context: Context) -> dict[str, float]:
        known = answer.probabilities
        if known is None and answer.scores is not None:
            known = self.probabilities((answer.scores[None],), context)[0]
        return {} if known is None else dict(zip(context.labels, known.tolist(), strict=True))

    def unsure_below(self, context: Context) -> float:
        """From there on 95 % were right on validation; where it could not promise that, one half."""
        wishes = context.calibration.get("unsure") or []
        found = [one["threshold"] for one in wishes if one.get("accuracy") == COUNTED_UNSURE]
        return float(found[0]) if found and found[0] is not None else 0.5

    def recorded(self, row: Mapping[str, str]) -> Recorded:
        answer = saved_answer(row)
        return Recorded(answer.label, answer.right)

    def compared(self, metrics: Mapping[str, Any]) -> dict[str, str]:
        return compared(metrics)

    def agreement(self, outputs: Outputs, reference: Outputs) -> Agreement:
        scores, others = decode_scores(outputs[0].float()), decode_scores(reference[0].float())
        same = scores.argmax(dim=1) == others.argmax(dim=1)
        return Agreement(
            float(same.double().mean()),
            float((scores.double() - others.double()).abs().max()),
            float(others.abs().max()),
        )

    def draw(
        self, picture: Picture, answer: Answer | None, truth: Truth | None, *, side: int = SHOWN
    ) -> None:
        return None

    def sentence(self, metrics: Mapping[str, Any], pictures: int, where: str) -> str:
        return sentence(metrics, pictures, where)

    def table(self, figures: Figures) -> list[str]:
        return figures_table(figures)


CLASSIFY = Classify()


def temperature_of(context: Context) -> float:
    """What scores are divided by before softmax; 1 before calibration."""
    return float(context.calibration.get("temperature", 1.0))


def scores_of(answers: Sequence[Answer], classes: int) -> Tensor:
    """Logits (N, K) of one network's answers."""
    known = [one.scores for one in answers if one.scores is not None]
    return torch.stack(known) if known else torch.zeros(0, classes)


def _loss(recipe: Recipe, truths: Sequence[Truth], classes: int) -> TrainingLoss | None:
    if recipe.balance == "focal":
        return focal_loss
    if recipe.balance == "weights":
        return partial(weighted_cross_entropy, weights=class_weights(labels_of(truths), max(2, classes)))
    return None
