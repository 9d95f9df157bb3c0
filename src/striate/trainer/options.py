"""The options of `train`: where each is written, with its type, default, check and line of help.

Command line, TOML file and Python call all end here; the result is written to the run's `config.toml`. What
the command line and the Python verb take is made from it: `python tools/make_given_options.py`.
"""

import tomllib
from dataclasses import fields
from os import PathLike
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from striate.data.transforms.presets import make_augmentation, named_or_table, on_one_line
from striate.errors import StriateError
from striate.runs.default_task import DEFAULT_TASK
from striate.tasks.catalog import TASKS, find_task
from striate.trainer.option_groups import DataOptions, MachineOptions, NetworkOptions, ScheduleOptions

Group = TypeVar("Group", DataOptions, NetworkOptions, ScheduleOptions, MachineOptions)


class TrainOptions(BaseModel):
    """Everything that a person can choose about a training. None: the recipe or the data decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(description="Class folders (split or not) or IDX files.")
    task: str = Field(DEFAULT_TASK, description=f"What to learn: {', '.join(TASKS)}.")
    model: str = Field("auto", description="A name from `striate models`, or auto.")
    recipe: str = Field(
        "auto", description="auto, scratch, small, transfer, demo, or a paper's: docs/recipes.md."
    )
    transfer: Literal["auto", "probe", "features", "frozen", "finetune", "scratch"] = Field(
        "auto",
        description="What learns, from weights: auto, probe, features, frozen, finetune; or scratch.",
    )
    weights: str | None = Field(
        None,
        description="imagenet, a .safetensors or .pth file, or a run to start from.",
        json_schema_extra={"path": True},  # a path object is taken too
    )
    epochs: int | None = Field(
        None, ge=1, le=100_000, description="Passes over the training pictures, all stages."
    )
    batch_size: int | None = Field(None, ge=1, le=65_536, description="Pictures a step.")
    image_size: int | None = Field(None, ge=8, le=4096, description="Side of the network's input, pixels.")
    minutes: float | None = Field(
        None, gt=0, le=100_000, description="As many epochs as this machine does in so many minutes."
    )
    lr: Annotated[float, Field(gt=0, le=100)] | Literal["auto"] | None = Field(
        None,
        description="Peak learning rate of the last stage; auto finds one by a range test.",
        json_schema_extra={"metavar": "RATE"},
    )
    optimizer: Literal["sgd", "rmsprop", "adadelta", "adam", "adamw", "lamb", "muon"] | None = Field(
        None, description="sgd, rmsprop, adadelta, adam, adamw, lamb or muon."
    )
    label_smoothing: float | None = Field(
        None, ge=0, lt=1, description="Share of the target spread over all classes."
    )
    patience: int | None = Field(
        None, ge=1, description="Epochs without improvement after which a stage ends."
    )
    balance: Literal["none", "weights", "sampling", "focal"] | None = Field(
        None, description="Against rare classes: none, weights, sampling or focal."
    )
    augment: str | dict[str, Any] = Field(
        "auto",
        description="Changes of training pictures: auto, none, light, shift, photo, crop, imagenet, cifar, "
        "book, mixup, cutmix, strong; or a table of numbers, '{rotate = 20, mirror = true}'.",
    )
    fit: Literal["squeeze", "pad", "crop"] = Field(
        "squeeze", description="squeeze, pad or crop: how a picture is brought to the input size."
    )
    split: Path | None = Field(
        None, description="CSV with image,split: your own train, validation and test parts."
    )
    test: Path | None = Field(None, description="A data set to measure on instead of a part of DATA.")
    strict: bool = Field(
        False, description="Stop at unreadable or damaged pictures instead of skipping them."
    )
    max_pixels: int = Field(
        64_000_000, ge=1, le=178_000_000, description="Larger pictures are skipped as unreadable."
    )
    max_bytes: int = Field(100_000_000, ge=1, lt=2**31, description="Larger files are skipped as unreadable.")
    white: int | None = Field(
        None, ge=1, le=65535, description="The sample that is white in 16-bit grey: 1023 for 10 bits. [65535]"
    )
    follow_links: bool = Field(False, description="Follow links to folders, and to files outside DATA.")
    device: str = Field("auto", description="auto, cpu, cuda, mps.")
    devices: int = Field(1, ge=1, le=4096, description="Processes that train together on this machine.")
    precision: Literal["auto", "32-true", "bf16-mixed"] = Field(
        "auto", description="auto, 32-true or bf16-mixed."
    )
    workers: int | None = Field(
        None, ge=1, le=256, description="Threads that decode pictures, one a core if not given."
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Decides every random choice.")
    checkpoint_seconds: float = Field(30.0, gt=0, description="Seconds between checkpoints.")
    log: Literal["tensorboard", "mlflow"] | None = Field(
        None, description="Also log to tensorboard or mlflow, in files of this machine."
    )
    out: Path = Field(Path("runs"), description="Where runs are kept.")
    name: str | None = Field(None, description="The run's name; DATA-MODEL by default.")

    @property
    def of_data(self) -> DataOptions:
        """What is read, how, and in which parts."""
        return self._group(DataOptions)

    @property
    def of_network(self) -> NetworkOptions:
        """Which network, and what it starts from."""
        return self._group(NetworkOptions)

    @property
    def of_schedule(self) -> ScheduleOptions:
        """What is overridden in the protocol."""
        own = {name: getattr(self, name) for name in find_task(self.task).options}
        return self._group(ScheduleOptions, of_task=own)

    @property
    def of_machine(self) -> MachineOptions:
        """What computes."""
        return self._group(MachineOptions)

    def _group(self, kind: type[Group], **more: Any) -> Group:
        names = [field.name for field in fields(kind) if field.name not in more]
        return kind(**{name: getattr(self, name) for name in names}, **more)

    def command(self) -> str:
        """The command line that does the same again."""
        words = ["striate", "train", quote(str(self.data))]
        for key, field in type(self).model_fields.items():
            value = getattr(self, key)
            if key == "data" or value == field.default:
                continue
            words.append(f"--{key.replace('_', '-')}")
            if value is not True:
                words.append(quote(on_one_line(value) if isinstance(value, dict) else str(value)))
        return " ".join(words)

    @field_validator("task")
    @classmethod
    def _task_is_known(cls, task: str) -> str:
        find_task(task)  # says which there are
        return task

    @field_validator("weights", mode="before")
    @classmethod
    def _a_path_is_text(cls, weights: Any) -> Any:
        return str(weights) if isinstance(weights, PathLike) else weights

    @field_validator("augment", mode="before")
    @classmethod
    def _a_table_may_stand_on_one_line(cls, augment: Any) -> Any:
        return named_or_table(augment) if isinstance(augment, str) else augment

    @field_validator("augment")
    @classmethod
    def _augment_is_known(cls, augment: str | dict[str, Any]) -> str | dict[str, Any]:
        if augment != "auto":
            make_augmentation(augment)  # says what is wrong, in one line
        return augment


PATHS = ("data", "split", "test", "out")


def train_options(given: dict[str, Any], config: Path | None = None) -> TrainOptions:
    """One object from what a person gave and a TOML file below it; what was not given (None) has its default.

    Raises:
        StriateError: an unknown key, or a value that is not allowed; names all of them in one line.
    """
    merged = {**(_read_config(config) if config else {}), **{k: v for k, v in given.items() if v is not None}}
    if merged.get("data") is None:
        raise StriateError(
            "no data given. Name a folder: `striate train photos/`, or continue with --resume RUN."
        )
    if merged.get("minutes") is not None and merged.get("epochs") is not None:
        raise StriateError("--minutes and --epochs say the same twice; leave out one of them.")
    try:
        options = TrainOptions(**merged)
    except ValidationError as error:
        raise StriateError(_sentence(error)) from error
    _require_of_task(options)
    return options


def _require_of_task(options: TrainOptions) -> None:
    """Refuse what the task does not read.

    Raises:
        StriateError: names the option.
    """
    task = find_task(options.task)
    of_some = dict.fromkeys(option for name in TASKS for option in find_task(name).options)
    for option in of_some:
        if option not in task.options and getattr(options, option) is not None:
            names = " and ".join(name for name in TASKS if option in find_task(name).options)
            raise StriateError(
                f"--{option.replace('_', '-')} is not known for {task.name}, only for {names}; leave it out."
            )
    if options.transfer != "auto" and options.transfer not in task.transfers:
        raise StriateError(
            f"--transfer {options.transfer} is not known for {task.name}; allowed: auto, "
            f"{', '.join(name for name in task.transfers if name != 'auto')}."
        )


def recorded_train_options(recorded: dict[str, Any]) -> TrainOptions:
    """The options that a run has recorded.

    Raises:
        StriateError: one of them is missing or not allowed.
    """
    try:
        return TrainOptions(**recorded)
    except ValidationError as error:
        raise StriateError(_sentence(error)) from error


def _read_config(path: Path) -> dict[str, Any]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StriateError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise StriateError(f"{path} is not TOML: {error}.") from error
    read = {key.replace("-", "_"): value for key, value in read.items()}
    for derived in ("command", "resolved"):  # a run's own config.toml can be given again
        read.pop(derived, None)
    for key in PATHS:  # relative to the file that names them
        if isinstance(read.get(key), str):
            read[key] = path.parent / read[key]
    if isinstance(read.get("weights"), str) and read["weights"] != "imagenet":
        read["weights"] = str(path.parent / read["weights"])
    return read


def _sentence(error: ValidationError) -> str:
    parts = []
    for found in error.errors():
        name = "--" + str(found["loc"][0]).replace("_", "-") if found["loc"] else "options"
        if found["type"] == "extra_forbidden":
            parts.append(f"{name} is no option of train; allowed: {', '.join(TrainOptions.model_fields)}")
        elif name not in (part.split()[0] for part in parts):  # one of two kinds that a value may be
            parts.append(f"{name} {found['input']!r}: {found['msg'].lower()}")
    return "; ".join(parts) + "."


def options_of(given: dict[str, Any], config: str | PathLike[str] | None) -> TrainOptions:
    """The checked options from what a person gave, which is without None, and a TOML file below it.

    A paper's recipe brings its paper's network where none is named. A run that goes on is not asked again.

    Raises:
        StriateError: an option is wrong, or a paper's recipe stands beside another's network.
    """
    from striate.tasks.recipes.catalog import own_network, require_own_network  # help needs no recipes

    options = train_options(given, Path(config) if config is not None else None)
    own = own_network(options.recipe)
    if own is not None and options.model == "auto" and options.weights is None:
        return options.model_copy(update={"model": own})
    if options.model != "auto":
        require_own_network(options.recipe, options.model)
    return options
