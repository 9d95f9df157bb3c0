"""What a task brings that learns from a frozen trunk's features: a head that is fitted, or trained on them.

The features are computed once and kept. A recipe's stage of the mode `probe` fits the last layer to all of
them at once; one of the mode `features` trains everything behind the trunk on them, by steps.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from striate.data.sample import Truth
from striate.ops.logistic_regression import Probe
from striate.shapes import Images
from striate.tasks.choosing import TransferChoice


@dataclass(frozen=True, slots=True)
class Seen:
    """The features (N, D) of a training part, and what is known of its pictures, in the same order.

    Attributes:
        features: what the trunk gives of each picture.
        truths: of each picture.
        groups: pictures with the same number look alike; a cross-validation keeps them in one fold.
        classes: of the data set; empty for a task without.
        seed: of the training.
        views: features of changed views of the same pictures, to learn from as well.
    """

    features: Float[Tensor, "N D"]
    truths: Sequence[Truth]
    groups: Sequence[int]
    classes: Sequence[str]
    seed: int
    views: Sequence[Float[Tensor, "N D"]] = ()


class FromFeatures(ABC):
    """How one task learns from features. Without state, as the task itself."""

    @abstractmethod
    def fit(self, seen: Seen, balance: str) -> Probe:
        """The linear head of all pictures at once; `balance` is the recipe's."""

    @abstractmethod
    def settle(self, network: nn.Module, images: Callable[[], Images]) -> None:
        """Once a head has been fitted or trained: change what the losses do not see, in place.

        Args:
            network: in eval mode.
            images: gives some training pictures as the network reads them.
        """

    @abstractmethod
    def step(self, step: nn.Module) -> nn.Module:
        """The task's step around the head of its network alone: `Batch.pictures` are features (B, D)."""

    @abstractmethod
    def choose(
        self,
        probe: Probe,
        truths: Sequence[Truth],
        finetuning: Callable[[], float],
        seconds: float | None,
    ) -> TransferChoice:
        """What learns where `--transfer` is auto.

        Args:
            probe: fitted to the training part.
            truths: of the training part, in the probe's order.
            finetuning: measures how many seconds fine-tuning would take, which takes time itself.
            seconds: that `--minutes` leaves; None where nobody gave them.
        """
