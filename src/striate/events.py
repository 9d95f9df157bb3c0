"""What an action reports while it works; the doors draw it.

An action takes `on_event: Listener` and calls it; it never prints. `silent` is the listener that ignores
everything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know: what was recognised, chosen or replaced, and why."""

    text: str


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run has its folder; from here on it can be resumed."""

    path: Path


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that may be wrong and did not stop the work."""

    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` pieces of a piece of work; the same `what` is the same bar."""

    what: str
    done: int
    total: int
    unit: str = "pictures"


@dataclass(frozen=True, slots=True)
class StepEnded:
    """One batch of an epoch was learned. `epoch` counts from 1 over all stages, `step` within the epoch."""

    stage: str
    epoch: int
    epochs: int
    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """One epoch of training was validated. `epoch` counts from 1 over all stages.

    `in_percent` names the figures that are shares of 1.
    """

    stage: str
    epoch: int
    epochs: int
    seconds: float
    best: bool
    values: Mapping[str, float] = field(default_factory=dict)
    in_percent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageEnded:
    """A stage of training is over: its epochs are done, or nothing got better."""

    stage: str


Event = Note | RunStarted | Warned | Progress | StepEnded | EpochEnded | StageEnded
Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """Ignore an event."""
