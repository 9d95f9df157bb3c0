"""A task that no line of `src` knows: where is the bright spot? It lives only in tests.

A test registers it with `register`; a subprocess runs `python -m tests.tasks.toy_points ARGUMENTS`, which is
`striate ARGUMENTS` with one more task.
"""

import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from striate.data.dataset import Dataset, Problem
from striate.data.sample import Batch, Truth
from striate.preprocess.placement import Placement
from striate.tasks.answers import Agreement, Context, EvaluationOutput, Figures, Outputs
from striate.tasks.catalog import TASKS
from striate.tasks.choosing import Choice, Traits
from striate.tasks.recipes.recipe import Recipe
from striate.tasks.task import Task

NAME = "toy"


class SpotLosses(NamedTuple):
    """Shares of the input's sides: the squared distance, and how much of it is sideways."""

    total: Tensor
    sideways: Tensor


class SpotStep(nn.Module):
    """The network's two outputs are x and y as shares of the input's sides."""

    def __init__(self, network: nn.Module, context: Context) -> None:
        super().__init__()
        self.network, self.preprocessing = network, context.preprocessing

    def forward(self, batch: Batch) -> SpotLosses | EvaluationOutput:
        height, width = batch.pictures.shape[-2:]
        places = self.network(self.preprocessing.normalise(batch.pictures)).float()
        wanted = torch.stack([truth.points[0] for truth in batch.truths if truth.points is not None])
        apart = (places - wanted / wanted.new_tensor([width, height])).square()
        losses = SpotLosses(apart.sum(dim=1).mean(), apart[:, 0].mean())
        return losses if self.training else EvaluationOutput(losses, places)


class SpotMetric:
    """The mean distance in pixels of the user's pictures."""

    def __init__(self) -> None:
        self.distances: list[float] = []
        self.losses: list[float] = []

    def update(self, judged: EvaluationOutput, batch: Batch) -> None:
        height, width = batch.pictures.shape[-2:]
        size = torch.tensor([width, height])
        self.losses.append(float(judged.losses.total))
        for place, truth, placement in zip(judged.outputs, batch.truths, batch.placements, strict=True):
            seen = placement.points_back(torch.stack([place.cpu() * size, truth.points[0]]))
            self.distances.append(float((seen[0] - seen[1]).norm()))

    def compute(self) -> dict[str, float]:
        return {
            "loss": sum(self.losses) / len(self.losses),
            "distance": sum(self.distances) / len(self.distances),
        }


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the spot is, in pixels of the user's picture."""

    x: float
    y: float

    def to_json(self) -> dict[str, Any]:
        return {"spot": [self.x, self.y]}

    def row(self) -> dict[str, str | float]:
        return {"x": self.x, "y": self.y}


class FindSpot(Task[Spot]):
    """Where is the bright spot?"""

    name: ClassVar = NAME
    about: ClassVar = "where the bright spot is"
    truths: ClassVar = ("points",)
    can: ClassVar = ("draw",)

    def check(self, dataset: Dataset) -> list[Problem]:
        return [
            Problem(item.name, "a spot is one point")
            for item in dataset.items
            if item.truth.points is not None and len(item.truth.points) != 1
        ]

    def choose(self, traits: Traits, available: Callable[[str], Path | None]) -> Choice:
        return Choice("striate_small", False, 32, "a toy needs no more")

    def recipe_for(self, model: str, *, pretrained: bool, transfer: str | None) -> str:
        return "scratch"

    def outputs(self, dataset: Dataset, learned: Mapping[str, Any]) -> int:
        return 2

    def step(
        self, network: nn.Module, context: Context, recipe: Recipe, truths: Sequence[Truth] = ()
    ) -> SpotStep:
        return SpotStep(network, context)

    def metric(self, context: Context) -> SpotMetric:
        return SpotMetric()

    def score(self, figures: dict[str, float]) -> tuple[float, ...]:
        return (-figures["distance"],)

    def columns(self, context: Context) -> tuple[str, ...]:
        return ("x", "y")

    def decode(self, outputs: Outputs, placements: Sequence[Placement], context: Context) -> list[Spot]:
        height, width = context.preprocessing.size_hw
        found = []
        for place, placement in zip(outputs[0], placements, strict=True):
            (x, y), *_ = placement.points_back((place * torch.tensor([width, height]))[None]).tolist()
            found.append(Spot(x, y))
        return found

    def figures(self, answers: Sequence[Spot], truths: Sequence[Truth], context: Context) -> Figures:
        distances = [_distance(answer, truth) for answer, truth in zip(answers, truths, strict=True)]
        return Figures({"distance": sum(distances) / len(distances) if distances else None})

    def mistakes(
        self, answers: Sequence[Spot], truths: Sequence[Truth], context: Context, most: int
    ) -> list[int]:
        rows = range(len(answers))
        return sorted(rows, key=lambda row: -_distance(answers[row], truths[row]))[:most]

    def record(self, answer: Spot, truth: Truth, context: Context) -> dict[str, str | float]:
        assert truth.points is not None
        x, y = truth.points[0].tolist()
        return {"true_x": x, "true_y": y, **answer.row()}

    def agreement(self, outputs: Outputs, reference: Outputs) -> Agreement:
        apart = (outputs[0] - reference[0]).abs()
        close = (apart.amax(dim=1) < 0.01).double().mean()
        return Agreement(float(close), float(apart.max()), float(reference[0].abs().max()))

    def draw(
        self, picture: Tensor, answer: Spot | None, truth: Truth | None, *, side: int = 0
    ) -> Image.Image:
        pixels = picture.expand(3, -1, -1).permute(1, 2, 0).numpy()
        image = Image.fromarray(np.ascontiguousarray(pixels))
        if answer is not None:
            box = (answer.x - 3, answer.y - 3, answer.x + 3, answer.y + 3)
            ImageDraw.Draw(image).ellipse(box, outline=(255, 0, 0))
        return image

    def sentence(self, metrics: Mapping[str, Any], pictures: int, where: str) -> str:
        return f"spots are missed by {metrics['distance']:.2f} pixels on {pictures:,} {where}"


FIND_SPOT = FindSpot()


def register(monkeypatch: Any) -> None:
    """Make the task known for one test."""
    monkeypatch.setitem(TASKS, NAME, f"{__name__}:FIND_SPOT")


def write_spots(folder: Path, count: int, size_hw: tuple[int, int] = (40, 60), seed: int = 0) -> Path:
    """Grey pictures with a bright spot on noise, and the CSV that says where; returns the CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = np.random.default_rng(seed)
    height, width = size_hw
    ys, xs = np.mgrid[:height, :width] + 0.5
    with (folder / "spots.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["image", "x1", "y1"])
        for number in range(count):
            x, y = drawn.uniform(6, width - 6), drawn.uniform(6, height - 6)
            spot = 200 * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / 18)
            pixels = (spot + drawn.uniform(0, 40, (height, width))).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{number:03}.png")
            lines.writerow([f"{number:03}.png", f"{x:.2f}", f"{y:.2f}"])
    return folder / "spots.csv"


def _distance(answer: Spot, truth: Truth) -> float:
    assert truth.points is not None
    x, y = truth.points[0].tolist()
    return float(((answer.x - x) ** 2 + (answer.y - y) ** 2) ** 0.5)


if __name__ == "__main__":
    from striate.cli.main import main

    TASKS[NAME] = "tests.tasks.toy_points:FIND_SPOT"
    sys.exit(main())
