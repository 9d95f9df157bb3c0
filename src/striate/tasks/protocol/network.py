"""What a task says of its network: which one, its head, the step that trains it, which epoch is best."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from torch import nn

from striate.data.dataset import Dataset
from striate.data.sample import Truth
from striate.data.sampling import Order, classes_balanced, in_any_order
from striate.errors import StriateError
from striate.models.build import create_model
from striate.tasks.abilities import Able
from striate.tasks.answers import Context, Metric
from striate.tasks.choosing import Choice, Traits
from striate.tasks.from_features import FromFeatures
from striate.tasks.recipes.recipe import Recipe


class OfNetwork(Able, ABC):
    """The part of a task that the trainer asks.

    Attributes:
        options: options of `train` that only some tasks read and this one does; others are refused. Each
            overrides the field of the recipe that has its name.
        transfers: the values of `--transfer` that it knows.
        networks: it trains networks of the catalogue that are made for these tasks.
        in_percent: figures of its metric that are shares of 1, which people are shown as percentages.
    """

    options: ClassVar[tuple[str, ...]] = ()
    transfers: ClassVar[tuple[str, ...]] = ("scratch", "frozen", "finetune")
    networks: ClassVar[tuple[str, ...]] = ("classify",)
    in_percent: ClassVar[tuple[str, ...]] = ()

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

    def learned(self, truths: Sequence[Truth]) -> dict[str, Any]:
        """What is counted in the truths of the training part and kept with the network, such as a vocabulary.

        The run has it in task.json, and whoever reads outputs in `Context.learned`: texts, numbers, and lists
        of either. The same truths in the same order give the same.
        """
        return {}

    def understands(self, learned: Mapping[str, Any], outputs: int) -> bool:
        """Whether that is what `learned` gives for so many outputs; what is not is a damaged run."""
        return True

    @abstractmethod
    def outputs(self, dataset: Dataset, learned: Mapping[str, Any]) -> int:
        """How many numbers the network's last layer gives; `learned` is what the method of this name gave."""

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

    def order(self, recipe: Recipe) -> Order:
        """Which pictures an epoch shows, and in which order; by their `picture_class`."""
        return classes_balanced if recipe.balance == "sampling" else in_any_order

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
