"""What a task is: everything that differs between classifying, locating, detecting, segmenting...

A task is one object of the class `Task` and one row of text in `tasks/catalog.py`. Above this room nobody
asks which task it is: the trainer, the predictor, the commands and the report ask the object. What a task
cannot do (be calibrated, answer together with other runs) its methods say by returning nothing or raising
one clear line.

The loop in `striate.training` sees only the step, one `nn.Module` whose `forward(batch)` returns losses with
a `.total` while training, and an `EvaluationOutput` in eval mode; and a metric that reads what the step
returned. Targets, matching, auxiliary outputs, pairs and triplets are the step's.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from PIL import Image
from torch import Tensor, nn

from striate.data.dataset import Dataset, Item, Problem
from striate.data.sample import Truth
from striate.drawing.overlay import SHOWN
from striate.errors import StriateError
from striate.models.build import create_model
from striate.preprocess.placement import Placement
from striate.runs.folder import RunFolder
from striate.shapes import Picture
from striate.tasks.abilities import Able
from striate.tasks.answers import Agreement, Answer, Context, Figures, Metric, Outputs, Recorded
from striate.tasks.choosing import Choice, Traits
from striate.tasks.from_features import FromFeatures
from striate.tasks.recipes.recipe import Recipe

A = TypeVar("A", bound=Answer)


class Task(Able, ABC, Generic[A]):
    """One kind of work, with a `name` and what it `can` do beside what all can (`tasks/abilities.py`).

    Methods with a body are what most tasks do; the others every task has to say.

    Attributes:
        about: one line for `--help` and the docs.
        truths: the fields of `Truth` that a picture must have to teach or to be measured.
        options: options of `train` that only some tasks read and this one does; others are refused.
        transfers: the values of `--transfer` that it knows.
        fewest_classes: in the training data; 0 for a task without classes.
        networks: it trains networks of the catalogue that are made for these tasks.
        right_means: when `recorded` calls an answer right, for people; empty where that needs no words.
    """

    about: ClassVar[str]
    truths: ClassVar[tuple[str, ...]]
    options: ClassVar[tuple[str, ...]] = ()
    transfers: ClassVar[tuple[str, ...]] = ("scratch", "frozen", "finetune")
    fewest_classes: ClassVar[int] = 0
    networks: ClassVar[tuple[str, ...]] = ("classify",)
    right_means: ClassVar[str] = ""

    # The data.

    def check(self, dataset: Dataset) -> list[Problem]:
        """What is wrong with the truths of a data set for this task; `check` shows it, `train` refuses it."""
        return []

    def notes(self, dataset: Dataset) -> list[str]:
        """What people should know of a data set before they train this task with it."""
        return []

    def picture_class(self, item: Item) -> int | None:
        """The class of a whole picture, as this task counts it; None where it has none."""
        return item.truth.label

    def stratum(self, item: Item) -> Hashable:
        """What splits balance: items of one stratum are spread over the parts."""
        return self.picture_class(item)

    def kept_together(self, item: Item) -> Hashable | None:
        """What lies on one side of a split beside look-alikes: an identity, a scene; None is nothing."""
        return None

    def counts(self, items: Sequence[Item], classes: Sequence[str]) -> dict[str, int]:
        """How many pictures every class has in one part; empty for a task without classes."""
        if not self.fewest_classes:
            return {}
        found = Counter(self.picture_class(item) for item in items)
        return {name: found[at] for at, name in enumerate(classes)}

    # The network and its training.

    @abstractmethod
    def choose(self, traits: Traits, available: Callable[[str], Path | None]) -> Choice:
        """Network and start for `--model auto`, with the reason."""

    @abstractmethod
    def recipe_for(self, model: str, *, pretrained: bool, transfer: str | None) -> str:
        """The name of the protocol that trains `model` where nobody asked for one.

        `transfer` is the value of `--transfer` where one was given or decided; `auto` begins with the first.
        """

    def from_features(self) -> FromFeatures:
        """What stages need that learn from a frozen trunk's features; those are `probe` and `features`.

        Raises:
            StriateError: its head reads more than a trunk's features.
        """
        raise StriateError(
            f"{self.name} cannot learn from the features of a frozen trunk; leave out --recipe, or name one "
            "that trains by steps."
        )

    @abstractmethod
    def outputs(self, dataset: Dataset) -> int:
        """How many numbers the network's last layer gives."""

    def build(self, architecture: Mapping[str, Any]) -> nn.Module:
        """The network of a run's architecture, with random weights.

        Args:
            architecture: `model`, `num_classes` (the number of outputs), `in_channels`, `image_size` (H, W).
        """
        return self.headed(self.plain(architecture), architecture)

    def rows(self, outputs: int) -> int:
        """How many rows one tensor of its networks has for so many outputs; a file without is damaged."""
        return outputs

    def plain(self, architecture: Mapping[str, Any]) -> nn.Module:
        """The catalogue's network of an architecture, into which pretrained weights fit, with random ones."""
        height, width = architecture["image_size"]
        return create_model(
            architecture["model"],
            num_classes=int(architecture["num_classes"]),
            in_channels=int(architecture["in_channels"]),
            image_size=(int(height), int(width)),
        )

    def headed(self, network: nn.Module, architecture: Mapping[str, Any]) -> nn.Module:
        """The catalogue's network with this task's own head, where the catalogue's will not do.

        Pretrained weights are those of the catalogue's network: a training loads them before it calls this.

        Args:
            network: of the catalogue, with as many outputs as the architecture says; may be changed.
            architecture: as for `build`.
        """
        return network

    @abstractmethod
    def step(
        self, network: nn.Module, context: Context, recipe: Recipe, truths: Sequence[Truth] = ()
    ) -> nn.Module:
        """The module that the loop trains: `network`, as attribute `network`, with its losses around it.

        Its batches carry `truths` in the pixels of the input, moved by augmentation as the pictures were.

        Args:
            network: to be trained in place.
            context: classes and preprocessing.
            recipe: the protocol; the step reads its losses' settings.
            truths: of the training part, for what is counted once (class weights, mean places).
        """

    @abstractmethod
    def metric(self, context: Context) -> Metric:
        """An empty metric for validation."""

    @abstractmethod
    def score(self, figures: dict[str, float]) -> tuple[float, ...]:
        """What selection compares, largest first: the best epoch has the largest score."""

    def fits(self, labels: Sequence[str], outputs: int) -> bool:
        """Whether so many outputs belong to these classes; what does not is a damaged run."""
        return True

    # Answers and what they are worth.

    @abstractmethod
    def columns(self, context: Context) -> tuple[str, ...]:
        """The columns of `row()` of its answers, for a table of which no picture could be read."""

    @abstractmethod
    def decode(self, outputs: Outputs, placements: Sequence[Placement], context: Context) -> Sequence[A]:
        """Answers, one a picture, in the pixels of the user's pictures."""

    def merged(self, views: Sequence[Outputs]) -> Outputs:
        """One output from those of several views of the same pictures (`--flips`, `--scales`).

        Raises:
            StriateError: answers of this task are places, which views would move; others say `views` in
                `can`.
        """
        if len(views) > 1:
            self.require("views")
        return views[0]

    def combined(self, members: Sequence[tuple[Outputs, Context]]) -> Sequence[A]:
        """The answers of several networks together (`--with`), classes in the order of the first.

        Raises:
            StriateError: this task cannot; others say `together` in `can`.
        """
        raise self.refusal("together")

    def thresholds(self, run: RunFolder, context: Context, wanted: float) -> Mapping[str, float]:
        """For each class the probability from which on this share of its answers was right on validation.

        Raises:
            StriateError: this task cannot (others say `sort` in `can`), or validation cannot promise it.
        """
        raise self.refusal("sort")

    def words(self, answer: A) -> str:
        """An answer for people, in a part of a line; those with classes (`sort`) have their columns."""
        return ", ".join(
            f"{name} {value:.5g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in answer.row().items()
        )

    def explained(self, network: nn.Module) -> nn.Module:
        """What heat maps explain: a module with one row of scores a picture, one for each class.

        Raises:
            StriateError: answers of this task are no classes.
        """
        raise StriateError(
            f"heat maps explain classes, and answers of {self.name} are none; --method activations, filters "
            "or embedding show what its network sees."
        )

    def probabilities(self, outputs: Outputs, context: Context) -> Tensor | None:
        """The calibrated probability of every class, (B, K); None for a task without classes."""
        return None

    def calibrate(self, outputs: Outputs, truths: Sequence[Truth], context: Context) -> dict[str, Any]:
        """What validation says about confidence, as calibration.json keeps it; empty where there is none.

        A key `warning` is told to the user.
        """
        return {}

    @abstractmethod
    def figures(self, answers: Sequence[A], truths: Sequence[Truth], context: Context) -> Figures:
        """What answers are worth. Truths are in the pixels of the user's pictures; both in the same order."""

    def mistakes(
        self, answers: Sequence[A], truths: Sequence[Truth], context: Context, most: int
    ) -> list[int]:
        """The rows of at most `most` wrong answers that a report should show, worst first."""
        return []

    @abstractmethod
    def record(self, answer: A, truth: Truth, context: Context) -> dict[str, str | float]:
        """Columns and values of one line of predictions.csv beside the file: truth and answer.

        Numbers need not be rounded; the file has six decimals.
        """

    def recorded(self, row: Mapping[str, str]) -> Recorded:
        """What a line says that `record` wrote, by its columns as text.

        Raises:
            KeyError, ValueError: it is none of this task's.
            StriateError: this task cannot; others say `compare` in `can`.
        """
        raise self.refusal("compare")

    def compared(self, metrics: Mapping[str, Any]) -> dict[str, str]:
        """Columns and cells of a run's line in the table of `compare`."""
        return {}

    @abstractmethod
    def agreement(self, outputs: Outputs, reference: Outputs) -> Agreement:
        """How an engine's outputs compare with torch's in fp32; at least one picture."""

    @abstractmethod
    def draw(
        self, picture: Picture, answer: A | None, truth: Truth | None, *, side: int = SHOWN
    ) -> Image.Image | None:
        """The picture with the answer, and the truth where it is known, drawn into it.

        None where they have no place in it: they stand in words beside the picture.

        Args:
            picture: the user's, whole: answer and truth are in its pixels.
            answer: drawn if it is given.
            truth: as well.
            side: pixels that the drawing's longer side shall have.
        """

    @abstractmethod
    def sentence(self, metrics: Mapping[str, Any], pictures: int, where: str) -> str:
        """The result in one line for people, with n and its interval; `where` is 'test pictures' or so."""

    def table(self, figures: Figures) -> list[str]:
        """Further lines of `evaluate` for people."""
        return []
