"""What goes between a network and those who ask it: outputs, answers, and what these are worth."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

from torch import Tensor

from striate.data.sample import Batch
from striate.preprocess.preprocessing import Preprocessing

Outputs = tuple[Tensor, ...]  # what a network returns in eval mode; the first axis is pictures


class EvaluationOutput(NamedTuple):
    """What a step returns in eval mode: the plain losses and the decoded outputs of the batch."""

    losses: Any
    outputs: Any


@runtime_checkable
class Metric(Protocol):
    """Collects decoded outputs and says what they are worth."""

    def update(self, judged: EvaluationOutput, batch: Batch) -> None:
        """Take in one batch."""
        ...

    def compute(self) -> dict[str, float]:
        """The figures of everything seen so far."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What a task knows of one network when it reads its outputs.

    Attributes:
        labels: the classes, in the order of the outputs; empty for a task without classes.
        preprocessing: how pictures became inputs.
        calibration: what `Task.calibrate` found, as it stands in calibration.json; empty before.
        top: at most so many classes are named by an answer that names several.
        outputs: how many numbers the last layer gives, as `Task.outputs` said; 0 is not known.
        learned: what `Task.learned` counted in the training part, as it stands in task.json.
    """

    labels: tuple[str, ...]
    preprocessing: Preprocessing
    calibration: Mapping[str, Any] = field(default_factory=dict)
    top: int = 5
    outputs: int = 0
    learned: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Answer(Protocol):
    """What a network says of one picture, in the pixels of the user's picture."""

    def to_json(self) -> dict[str, Any]:
        """The keys of `predict --json` beside the file's name."""
        ...

    def row(self) -> dict[str, str | float]:
        """Columns and values of `predict --csv` beside the file's name; the columns are always the same."""
        ...


@runtime_checkable
class Labelled(Protocol):
    """An answer that is one class of several; those of a task that can `sort` are."""

    @property
    def label(self) -> str: ...
    @property
    def probability(self) -> float: ...
    @property
    def top(self) -> Sequence[tuple[str, float]]: ...


@dataclass(frozen=True, slots=True)
class Figures:
    """What a network is worth on pictures with known truths, JSON-ready.

    Attributes:
        metrics: names and values; None is not measured, a pair [low, high] an interval.
        per_class: figures of every class; empty for a task without classes.
        details: what else evaluation.json and `evaluate --json` have (bins of calibration, distances).
        kept: what both have as well, and is long (a confusion matrix).
    """

    metrics: dict[str, Any]
    per_class: dict[str, dict[str, Any]] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)


class Recorded(NamedTuple):
    """What a line of predictions.csv says of one picture.

    Attributes:
        truth: what the data set says; two runs may know a picture under different truths.
        right: whether the answer is right, as `Task.right_means` says.
    """

    truth: Hashable
    right: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one engine's outputs compare with another's.

    Attributes:
        agreement: the share of pictures with the same answer.
        largest_difference: between two outputs.
        largest_score: of the reference's outputs, by amount, beside which the difference is to be seen.
    """

    agreement: float
    largest_difference: float
    largest_score: float
