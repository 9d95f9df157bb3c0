"""What tasks have in common whose answers are places: a head of their own over a classifier's maps."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from striate.models.surgery.own_head import OwnHead
from striate.tasks.choosing import Choice, Traits, choose_network
from striate.tasks.protocol.answers import A
from striate.tasks.task import Task


class Placed(Task[A]):
    """A task that learns by `recipes/places.py`, which has a recipe of its name for every start."""

    @abstractmethod
    def head(self, depths: Sequence[int], outputs: int) -> nn.Module:
        """The head over maps of these depths, coarsest first, that gives so many numbers."""

    def choose(self, traits: Traits, available: Callable[[str], Path | None]) -> Choice:
        return choose_network(traits, available)

    def recipe_for(self, model: str, *, pretrained: bool, transfer: str | None) -> str:
        start = transfer or ("finetune" if pretrained else "scratch")
        return f"{self.name}_{start}"

    def headed(self, network: nn.Module, architecture: Mapping[str, Any]) -> nn.Module:
        """A head that looks at places: a pooled one could say what there is, but hardly where."""
        height, width = architecture["image_size"]
        size_chw = (int(architecture["in_channels"]), int(height), int(width))
        outputs = int(architecture["num_classes"])
        return OwnHead(network, size_chw, lambda depths: self.head(depths, outputs))
