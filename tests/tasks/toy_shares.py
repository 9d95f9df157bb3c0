"""Two tasks that no line of `src` knows, taught by a map of classes and by sentences; only tests have them.

Both answer with a few shares between 0 and 1; what a picture's truth says of them is all that differs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import torch
from PIL import Image
from torch import Tensor, nn

from striate.data.dataset import Dataset
from striate.data.sample import Batch, Truth
from striate.preprocess.placement import NOTHING_KNOWN, Placement
from striate.tasks.answers import Agreement, Context, EvaluationOutput, Figures, Outputs
from striate.tasks.catalog import TASKS
from striate.tasks.choosing import Choice, Traits
from striate.tasks.recipes.recipe import Recipe
from striate.tasks.task import Task

Target = Callable[[Truth], Tensor]


class ShareLosses(NamedTuple):
    total: Tensor


class ShareStep(nn.Module):
    """The squared distance of shares; the network's outputs are their logits."""

    def __init__(self, network: nn.Module, context: Context, target: Target) -> None:
        super().__init__()
        self.network, self.preprocessing, self.target = network, context.preprocessing, target

    def forward(self, batch: Batch) -> ShareLosses | EvaluationOutput:
        outputs = self.network(self.preprocessing.normalise(batch.pictures)).float()
        wanted = torch.stack([self.target(truth) for truth in batch.truths])
        losses = ShareLosses((outputs.sigmoid() - wanted).square().mean())
        return losses if self.training else EvaluationOutput(losses, outputs)


class ShareMetric:
    """The mean distance of shares."""

    def __init__(self, target: Target) -> None:
        self.target, self.apart = target, list[Tensor]()

    def update(self, judged: EvaluationOutput, batch: Batch) -> None:
        wanted = torch.stack([self.target(truth) for truth in batch.truths])
        self.apart.append((judged.outputs.cpu().sigmoid() - wanted).abs().mean(dim=1))

    def compute(self) -> dict[str, float]:
        return {"error": float(torch.cat(self.apart).mean())}


@dataclass(frozen=True, slots=True)
class Shares:
    """A share for each name."""

    of: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        return {"shares": self.of}

    def row(self) -> dict[str, str | float]:
        return dict(self.of)


class FindShares(Task[Shares]):
    """What both tasks have."""

    def names(self, context: Context) -> tuple[str, ...]:
        """Of the shares."""
        return context.labels

    def target(self, truth: Truth, context: Context) -> Tensor:
        """The shares that a truth says."""
        raise NotImplementedError

    def choose(self, traits: Traits, available: Callable[[str], Path | None]) -> Choice:
        return Choice("striate_small", False, 32, "a toy needs no more")

    def recipe_for(self, model: str, *, pretrained: bool, transfer: str | None) -> str:
        return "scratch"

    def step(
        self, network: nn.Module, context: Context, recipe: Recipe, truths: Sequence[Truth] = ()
    ) -> ShareStep:
        return ShareStep(network, context, lambda truth: self.target(truth, context))

    def metric(self, context: Context) -> ShareMetric:
        return ShareMetric(lambda truth: self.target(truth, context))

    def score(self, figures: dict[str, float]) -> tuple[float, ...]:
        return (-figures["error"],)

    def columns(self, context: Context) -> tuple[str, ...]:
        return self.names(context)

    def decode(self, outputs: Outputs, placements: Sequence[Placement], context: Context) -> list[Shares]:
        names = self.names(context)
        return [Shares(dict(zip(names, shares, strict=True))) for shares in outputs[0].sigmoid().tolist()]

    def figures(self, answers: Sequence[Shares], truths: Sequence[Truth], context: Context) -> Figures:
        apart = [self._apart(one, truth, context) for one, truth in zip(answers, truths, strict=True)]
        return Figures({"error": sum(apart) / len(apart)})

    def _apart(self, answer: Shares, truth: Truth, context: Context) -> float:
        return float((torch.tensor(list(answer.of.values())) - self.target(truth, context)).abs().mean())

    def record(self, answer: Shares, truth: Truth, context: Context) -> dict[str, str | float]:
        return {"apart": self._apart(answer, truth, context), **answer.row()}

    def agreement(self, outputs: Outputs, reference: Outputs) -> Agreement:
        apart = (outputs[0] - reference[0]).abs()
        close = float((apart.amax(dim=1) < 0.01).double().mean())
        return Agreement(close, float(apart.max()), float(reference[0].abs().max()))

    def draw(
        self, picture: Tensor, answer: Shares | None, truth: Truth | None, *, side: int = 0
    ) -> Image.Image | None:
        return None

    def sentence(self, metrics: Mapping[str, Any], pictures: int, where: str) -> str:
        return f"shares are missed by {metrics['error']:.3f} on {pictures:,} {where}"


class ClassShares(FindShares):
    """How much of the picture has each class? Taught by a map of classes."""

    name: ClassVar = "toy-maps"
    about: ClassVar = "how much of a picture has each class"
    truths: ClassVar = ("class_map",)
    fewest_classes: ClassVar = 2

    def outputs(self, dataset: Dataset, learned: Mapping[str, Any]) -> int:
        return len(self.classes(dataset))

    def counts(self, items: Any, classes: Any) -> dict[str, int]:
        return {}

    def target(self, truth: Truth, context: Context) -> Tensor:
        assert truth.class_map is not None
        known = truth.class_map[truth.class_map != NOTHING_KNOWN].long()
        return torch.bincount(known, minlength=len(context.labels)) / max(1, len(known))


class SaysWords(FindShares):
    """Which words would be said? Those that only some training pictures have; taught by captions."""

    name: ClassVar = "toy-captions"
    about: ClassVar = "which words a sentence would have"
    truths: ClassVar = ("captions",)

    def names(self, context: Context) -> tuple[str, ...]:
        return tuple(context.learned["words"])

    def learned(self, truths: Sequence[Truth]) -> dict[str, Any]:
        said = [_words(truth) for truth in truths]
        return {"words": sorted(set.union(*said) - set.intersection(*said))}

    def understands(self, learned: Mapping[str, Any], outputs: int) -> bool:
        return len(learned.get("words", ())) == outputs

    def outputs(self, dataset: Dataset, learned: Mapping[str, Any]) -> int:
        return len(learned["words"])

    def target(self, truth: Truth, context: Context) -> Tensor:
        return torch.tensor([float(word in _words(truth)) for word in self.names(context)])


def _words(truth: Truth) -> set[str]:
    assert truth.captions is not None
    return {word.strip(".").lower() for said in truth.captions for word in said.split()}


CLASS_SHARES, SAYS_WORDS = ClassShares(), SaysWords()


def register(monkeypatch: Any) -> None:
    """Make the tasks known for one test."""
    monkeypatch.setitem(TASKS, "toy-maps", f"{__name__}:CLASS_SHARES")
    monkeypatch.setitem(TASKS, "toy-captions", f"{__name__}:SAYS_WORDS")
