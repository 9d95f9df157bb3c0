"""A recipe is a training protocol as data, one file each: stages with their optimiser, rates and lengths."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class StageRecipe:
    """One stage of a protocol.

    Attributes:
        name: for people and for metrics.jsonl.
        parts: what learns: everything, or the head alone.
        epochs: passes over the training pictures at most.
        lr: the peak rate.
        freeze_norms: normalise with stored statistics and leave those unchanged.
    """

    name: str
    parts: Literal["all", "head"]
    epochs: int
    lr: float
    weight_decay: float
    freeze_norms: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole protocol.

    Attributes:
        batch_size: pictures a step.
        label_smoothing: share of the target spread over all classes.
        patience: epochs without a better validation score after which a stage ends.
        schedule: a name of `training.schedules`.
    """

    name: str
    stages: tuple[StageRecipe, ...]
    batch_size: int
    optimizer: str
    label_smoothing: float
    patience: int
    schedule: str = "one_cycle"


def epochs_for(steps: int, pictures: int, batch_size: int, least: int, most: int) -> int:
    """About as many epochs as `steps` steps take, within bounds."""
    return min(most, max(least, round(steps * batch_size / max(1, pictures))))
