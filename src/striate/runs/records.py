"""What each file of a run holds: kinds and ranges. Keys that a row does not name stay as they are.

Keys with a default are those that older runs, or unfinished ones, do not have. None is "not measured".
"""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from striate.errors import StriateError
from striate.runs.default_task import DEFAULT_TASK

Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(min_length=1)]
Interval = Annotated[list[Finite | None], Field(min_length=2, max_length=2)]
Name = Literal["train", "validation", "test"]
LARGEST_SIDE = 4096  # pixels of a network's input; `--image-size` allows no more
MOST_OUTPUTS = 1_000_000


class Record(BaseModel):
    """A frozen record that refuses wrong kinds instead of turning them into right ones."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow", protected_namespaces=())


class Labels(Record):
    """`labels.json`: every class once, in the order of the scores."""

    labels: Annotated[list[Text], Field(min_length=1, max_length=MOST_OUTPUTS)]

    @model_validator(mode="after")
    def _each_once(self) -> "Labels":
        seen: set[str] = set()
        for label in self.labels:
            if label in seen:
                raise ValueError(f"the class {label!r:.60} is there twice; each stands once")
            seen.add(label)
        return self


class Input(Record):
    """`preprocess.json`."""

    size_hw: Annotated[list[Annotated[int, Field(ge=1, le=LARGEST_SIDE)]], Field(min_length=2, max_length=2)]
    channels: Literal[1, 3]
    mean: Annotated[list[Annotated[Finite, Field(ge=-1000, le=1000)]], Field(min_length=1, max_length=3)]
    std: Annotated[list[Annotated[Finite, Field(gt=1e-6, le=1000)]], Field(min_length=1, max_length=3)]
    fit: Literal["squeeze", "pad", "crop"]
    white: Annotated[int, Field(ge=1, le=65535)] = 65535

    @model_validator(mode="after")
    def _as_many_as_channels(self) -> "Input":
        if not len(self.mean) == len(self.std) == self.channels:
            raise ValueError(
                f"{self.channels} channels have {len(self.mean)} means and {len(self.std)} stds; "
                "each has one of both"
            )
        return self


class OfTask(Record):
    """`task.json`: which figures of an epoch are shares of 1, and what was counted in the training part."""

    in_percent: Annotated[list[Text], Field(max_length=1000)] = ["accuracy"]
    learned: dict[str, str | Finite | list[str] | list[Finite]] = {}


class Wish(Record):
    """A share of right answers, and the probability from which on it was reached."""

    accuracy: Share | None = None
    threshold: Finite | None = None


class Calibration(Record):
    """`calibration.json`. The fit allows temperatures of 1/20 to 20; other tools may have written more."""

    temperature: Annotated[Finite, Field(ge=1e-4, le=1e4)] = 1.0
    temperature_at_bound: bool = False
    temperature_interval: Interval | None = None
    pictures: Count | None = None
    ece: Finite | None = None
    ece_uncalibrated: Finite | None = None
    unsure: list[Wish] = []


class Engine(Record):
    """`engine.json`."""

    engine: str
    precision: str
    reason: str | None = None


class Int8(Record):
    """`int8` in `engine.json`."""

    calibrated_on: Count
    pictures: Count
    agreement: Share
    largest_difference: Finite
    largest_score: Finite
    temperature: Annotated[Finite, Field(ge=1e-4, le=1e4)]
    sha256: str


class MeasuredOnce(Record):
    """What was measured at a run's start."""

    lr: Annotated[Finite, Field(gt=0)] | None = None
    epochs: Annotated[int, Field(ge=1, le=100_000)] | None = None
    transfer: str | None = None
    steps: Annotated[int, Field(ge=1)] | None = None


class Resolved(Record):
    """`[resolved]` in `config.toml`: what followed from the options and the data."""

    model: str | None = None
    reason: str | None = None
    recipe: str | None = None
    weights: str | None = None
    parent: str | None = None
    data: str | None = None
    split: str | None = None
    test: str | None = None
    parameters: Count | None = None
    augmentation: str | None = None
    augmentation_ranges: dict[str, Any] | None = None
    decided: MeasuredOnce = MeasuredOnce()
    stages: list[dict[str, Any]] = []


class Config(Record):
    """`config.toml`; the options themselves are checked by those who train with them."""

    data: str | None = None
    model: str | None = None
    command: str | None = None
    max_pixels: Annotated[int, Field(ge=1)] | None = None
    max_bytes: Annotated[int, Field(ge=1)] | None = None
    follow_links: bool = False
    resolved: Resolved = Resolved()


class Skipped(Record):
    """A file that was left out or used in spite of damage."""

    file: str
    reason: str


class ExternalTest(Record):
    """The data of `--test`."""

    data: str
    fingerprint: str
    names: list[str]
    digests: list[str | None]

    @model_validator(mode="after")
    def _a_digest_a_name(self) -> "ExternalTest":
        _same_length("test_data", self.names, self.digests)
        return self


class Dataset(Record):
    """`dataset.json`; digests stand in the order of the split's names."""

    data: str
    layout: str | None = None
    fingerprint: str
    classes: list[str]
    counts: dict[Name, dict[str, Count]] = {}
    split: dict[Name, list[str]]
    digests: dict[Name, list[str | None]] = {}
    test_data: ExternalTest | None = None
    skipped: list[Skipped] = []
    damaged: list[Skipped] = []
    notes: list[str] = []

    @model_validator(mode="after")
    def _whole(self) -> "Dataset":
        missing = [part for part in ("train", "validation", "test") if part not in self.split]
        if missing:
            raise ValueError(f"split has no {missing[0]}")
        for part, digests in self.digests.items():
            _same_length(part, self.split[part], digests)
        return self

    @property
    def measured_part(self) -> Literal["test", "validation"]:
        """The part that figures are of: validation where no test part could be made."""
        return "test" if self.split["test"] or self.test_data is not None else "validation"

    def place_of(self, part: Name) -> str:
        """The data set that a part's pictures are in, as it was given."""
        return self.test_data.data if part == "test" and self.test_data is not None else self.data

    def of_part(self, part: Name) -> dict[str, str | None]:
        """The pictures of a part by name with their digests; those of `--test` are the test part."""
        if part == "test" and self.test_data is not None:
            return dict(zip(self.test_data.names, self.test_data.digests, strict=True))
        names = self.split[part]
        return dict(zip(names, self.digests.get(part) or [None] * len(names), strict=True))


class Environment(Record):
    """`environment.json`."""

    started: str | None = None
    cpu: dict[str, Any] | None = None


class Epoch(Record):
    """A line of `metrics.jsonl`."""

    __pydantic_extra__: dict[str, Finite | str | None] = Field(init=False)
    epoch: Count
    stage: str = ""
    seconds: Annotated[Finite, Field(ge=0)] = 0.0
    best: bool = False


class Metrics(Record):
    """The figures of an evaluation: a number each, an interval, or nothing."""

    __pydantic_extra__: dict[str, Finite | list[Finite | None] | None] = Field(init=False)
    accuracy: Share | None = None
    accuracy_interval: Interval | None = None


class ClassFigures(Record):
    """What was measured of one class."""

    pictures: Count | None = None
    precision: Share | None = None
    recall: Share | None = None
    f1: Share | None = None


class Mistake(Record):
    """A wrong answer; truth and answer beside it are the task's, as it writes them to predictions.csv."""

    file: str = ""
    picture: str | None = None
    heat: str | None = None


class Evaluation(Record):
    """`evaluation.json`."""

    split: str | None = None
    pictures: Count | None = None
    metrics: Metrics = Metrics()
    per_class: dict[str, ClassFigures] = {}
    confusion: list[list[Count]] | None = None
    calibration: dict[str, Any] | None = None
    mistakes: list[Mistake] = []


class Spread(Record):
    """Mean and standard deviation of one value a picture."""

    mean: Finite
    sd: Annotated[Finite, Field(ge=0)]
    pictures: Annotated[int, Field(ge=1)]


class KeptEvaluation(Record):
    """One file in `evaluations/`: what a run was worth on other data, and how these pictures looked."""

    date: Annotated[str, Field(min_length=1, max_length=40)]
    data: str
    split: str
    pictures: Annotated[int, Field(ge=1)]
    seen_in_training: Count = 0
    right: Count | None = None
    confidence: Spread | None = None
    unsure_below: Finite | None = None
    unsure: Count | None = None
    inputs: dict[Annotated[str, Field(max_length=40)], Spread] = {}
    metrics: Metrics = Metrics()
    per_class: dict[str, ClassFigures] = {}

    @model_validator(mode="after")
    def _no_more_than_all(self) -> "KeptEvaluation":
        for name, count in (("right", self.right), ("unsure", self.unsure)):
            if count is not None and count > self.pictures:
                raise ValueError(f"{name} counts {count:,} of {self.pictures:,} pictures")
        return self


class Result(Record):
    """`result.json`: the summary that ends a training."""

    run: str | None = None
    model: str | None = None
    split: str
    epochs: Count | None = None
    seconds: Annotated[Finite, Field(ge=0)] | None = None
    total_seconds: Annotated[Finite, Field(ge=0)] | None = None
    metrics: Metrics
    pictures: dict[str, Count | None] | None = None


class Architecture(Record):
    """What `best.safetensors` says of the network whose weights it holds."""

    task: Annotated[str, Field(min_length=1, max_length=100)] = DEFAULT_TASK
    model: Annotated[str, Field(min_length=1, max_length=10_000)]
    num_classes: Annotated[int, Field(ge=1, le=MOST_OUTPUTS)]
    in_channels: Annotated[int, Field(ge=1, le=1024)]
    image_size: Annotated[
        list[Annotated[int, Field(ge=1, le=LARGEST_SIDE)]], Field(min_length=2, max_length=2)
    ]
    hidden: Annotated[int, Field(ge=1, le=100_000)] | None = None


def _same_length(part: str, names: list[str], digests: list[str | None]) -> None:
    if len(names) != len(digests):
        raise ValueError(
            f"{part} has {len(names):,} names and {len(digests):,} digests; each has one of both"
        )


R = TypeVar("R", bound=Record)


def checked(kind: type[R], value: Any, origin: object) -> R:
    """The record, or one line about the first thing in it that is wrong.

    Args:
        kind: a record of this file.
        value: what was parsed.
        origin: the file, for the message.

    Raises:
        StriateError: names the place, what is allowed there and what was found.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        place = ".".join(str(step)[:60] for step in found["loc"])
        got = "" if found["type"] in ("missing", "value_error") else f", got {_brief(found['input'])}"
        said = found["msg"].removeprefix("Value error, ")
        what = f"{place}: {said[0].lower()}{said[1:]}{got}" if place else f"{said}{got}"
        raise StriateError(f"{origin} is damaged ({what}); train the run again.") from error


def _brief(value: Any) -> str:
    if value is None:
        return "nothing, or a number that is not finite"
    return f"a table of {len(value)}" if isinstance(value, dict) else f"{str(value)[:60]!r}"
