"""The options of `train` in groups, each what one part of the trainer reads; `TrainOptions` checks them.

None: the recipe, the data or the machine decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from striate.data.decoding.decode import Limits
from striate.preprocess.placement import Fit

ALSO_FITTED = ("balance",)  # options of tasks that a head reads too which is fitted at once


@dataclass(frozen=True, slots=True)
class DataOptions:
    """Which pictures are read, how, and what decides their parts and their order."""

    data: Path
    test: Path | None
    split: Path | None
    seed: int
    max_bytes: int
    max_pixels: int
    follow_links: bool
    strict: bool
    workers: int | None

    @property
    def limits(self) -> Limits:
        """The largest file and picture that are read."""
        return Limits(self.max_bytes, self.max_pixels)


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Which network, what it starts from, what of it learns by which protocol, and how it sees pictures."""

    model: str
    weights: str | None
    transfer: str
    recipe: str
    augment: str | dict[str, Any]
    image_size: int | None
    fit: Fit
    white: int | None


@dataclass(frozen=True, slots=True)
class ScheduleOptions:
    """What a person overrides in the protocol.

    Attributes:
        of_task: the values of the options that the task reads and others do not (`Task.options`).
    """

    epochs: int | None
    minutes: float | None
    lr: float | Literal["auto"] | None
    batch_size: int | None
    optimizer: str | None
    patience: int | None
    of_task: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """Of the whole training, where `--minutes` was given."""
        return None if self.minutes is None else 60 * self.minutes

    @property
    def asks_for_steps(self) -> bool:
        """Whether something was given that only steps of an optimiser have."""
        given = (self.epochs, self.lr, self.optimizer, self.patience)
        own = (value for name, value in self.of_task.items() if name not in ALSO_FITTED)
        return any(value is not None for value in (*given, *own))


@dataclass(frozen=True, slots=True)
class MachineOptions:
    """What computes, in which precision."""

    device: str
    devices: int
    precision: str
