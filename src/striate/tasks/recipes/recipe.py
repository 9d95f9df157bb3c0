"""A recipe is a training protocol as data, one file each: stages with their optimiser, rates and lengths."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from striate.data.epoch_length import stage_steps
from striate.hyperparameters import USUAL_SCHEDULE, Average, Number, Optimizer, Schedule

Balance = Literal["none", "weights", "sampling", "focal"]


@dataclass(frozen=True, slots=True)
class StageRecipe:
    """One stage of a protocol.

    Attributes:
        name: for people and for metrics.jsonl.
        mode: `steps` are those of the optimiser, on pictures; `features` the same on what a frozen trunk
            gives of them; `probe` fits the head to these at once.
        trainable: what learns: everything, the head alone, or the head and so many of the last blocks.
        layer_decay: the rate of a block over that of the block behind it; the last one's is that of the head.
        epochs: passes over the training pictures at most.
        lr: the peak rate.
        steps: batches at most, where a paper counts those; the last epoch may be a part of one.
        warm_up: epochs over which the rate rises to its peak along a line.
        freeze_norms: normalise with stored statistics and leave those unchanged.
        optimizer: this stage's own, None is the recipe's.
        schedule: this stage's own, None is the recipe's.
        skip_above: the validation score from which on this stage is left out; None never leaves it out.
    """

    name: str
    trainable: Literal["all", "head"] | int
    epochs: int
    lr: float
    weight_decay: Number
    freeze_norms: bool = False
    steps: int | None = None
    warm_up: Number = 0
    optimizer: Optimizer | None = None
    schedule: Schedule | None = None
    skip_above: float | None = None
    mode: Literal["steps", "features", "probe"] = "steps"
    layer_decay: Number = 1

    def length(self, epoch_steps: int) -> int:
        """Batches of the whole stage, for an epoch of so many; 0 where it is fitted at once."""
        return 0 if self.mode == "probe" else stage_steps(epoch_steps, self.epochs, self.steps)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole protocol.

    Attributes:
        batch_size: pictures a step.
        label_smoothing: share of the target spread over all classes.
        patience: epochs without a better validation score after which a stage ends.
        clip: the largest norm of all gradients together; None does not limit them.
        average: the average of weights that is validated and kept instead of the last ones.
        balance: against rare classes: weights in the loss, equally many pictures of every class an epoch, or
            the focal loss.
        augmentation: changes of the training pictures, a name or a table; None: what suits the pictures.
        hidden: units of a dense head in place of the last layer; None keeps that.
        views: changed views of every picture whose features are computed besides its own.
        scales: sides of the pictures as shares of the network's input; each batch draws one. Empty: all at 1.
    """

    name: str
    stages: tuple[StageRecipe, ...]
    batch_size: int
    optimizer: Optimizer
    label_smoothing: float
    patience: int
    schedule: Schedule = USUAL_SCHEDULE
    clip: Number | None = None
    average: Average | None = None
    balance: Balance = "none"
    scales: tuple[Number, ...] = ()
    hidden: int | None = None
    views: int = 0
    augmentation: str | Mapping[str, Any] | None = None

    @property
    def from_features(self) -> bool:
        """Whether a stage learns from a frozen trunk's features, which not every task can."""
        return any(stage.mode != "steps" for stage in self.stages)


def epochs_for(steps: int, pictures: int, batch_size: int, least: int, most: int) -> int:
    """About as many epochs as `steps` steps take, within bounds."""
    return min(most, max(least, round(steps * batch_size / max(1, pictures))))
