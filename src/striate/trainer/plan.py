"""What `train` will do with a data set: network, preprocessing, recipe, augmentation, each with its reason.

Everything here follows from the options, the data and what lies on this machine; it is written to
`config.toml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from striate.data.dataset import BadPicture, Dataset
from striate.data.datasets.picture_files import picture_shape
from striate.data.transforms.presets import unmirrored
from striate.errors import StriateError
from striate.events import Listener, Note, silent
from striate.models.catalog import find_entry
from striate.models.entry import Entry
from striate.models.patterns.pattern import is_pattern
from striate.models.patterns.pattern_shapes import padding_note, plan_pattern
from striate.models.weights.pretrained import available_weights, find_weights, preprocessing_of
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.choosing import Choice, Traits
from striate.tasks.recipes.adjust import adjusted
from striate.tasks.recipes.catalog import find_recipe, own_network
from striate.tasks.recipes.recipe import Recipe
from striate.tasks.task import Task
from striate.trainer.earlier_run import EarlierRun
from striate.trainer.measured_once import NOTHING, MeasuredOnce
from striate.trainer.option_groups import NetworkOptions, ScheduleOptions

LOOKED_AT = 64  # pictures, spread over the data set, that decide its traits
OWN_SIZE = 224  # the largest input side that a network trained from scratch is given without being asked


@dataclass(frozen=True, slots=True)
class Plan:
    """Task, network, weights, input and protocol of a training: what follows from options and data, resolved.

    Attributes:
        weights: a file; None are random ones.
        named: what a person gave for `--weights`.
        normalised: whether mean and std are final.
        augmentation: of the training pictures, a name or a table.
        schedule: what a person overrides in the protocol.
        asked_recipe: the protocol's name where a person chose it; None lets the task choose.
        asked_augmentation: likewise; None lets the recipe choose.
        parent: the run whose weights these are.
        suited: the augmentation that suits the pictures where the recipe has none of its own.
        transfer: what learns of a network with weights; auto has to be measured first, None is the recipe's.
        mirror: whether the task may see mirror images.
    """

    task: Task[Any]
    model: str
    reason: str
    weights: Path | None
    named: str | None
    preprocessing: Preprocessing
    normalised: bool
    schedule: ScheduleOptions
    asked_recipe: str | None
    asked_augmentation: str | dict[str, Any] | None
    suited: str
    parent: EarlierRun | None = None
    transfer: str | None = None
    mirror: bool = True
    augmentation: str | dict[str, Any] = "none"

    @property
    def pretrained(self) -> bool:
        """Whether the network starts from somebody's weights."""
        return self.weights is not None

    @property
    def own_file(self) -> bool:
        """Whether the weights are a file or a run of a person's own, not those on ImageNet."""
        return self.named is not None and self.named != "imagenet"

    def architecture(self, dataset: Dataset, learned: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What builds the network, as its weights will say.

        Args:
            dataset: with the classes.
            learned: what the task counted in the training part; None where the parts are not known yet, and
                the whole data stands for it.
        """
        if learned is None:
            learned = self.task.learned([item.truth for item in dataset.items])
        return {
            "task": self.task.name,
            "model": self.model,
            "num_classes": self.task.outputs(dataset, learned),
            "in_channels": self.preprocessing.channels,
            "image_size": list(self.preprocessing.size_hw),
        }

    def recipe(self, pictures: int, measured: MeasuredOnce = NOTHING) -> Recipe:
        """The protocol for so many training pictures, with what a person overrides and what was measured."""
        asked = self.schedule
        return adjusted(
            self._protocol(pictures),
            pictures=pictures,
            epochs=asked.epochs if measured.epochs is None else measured.epochs,
            lr=measured.lr if asked.lr == "auto" else asked.lr,
            batch_size=asked.batch_size,
            optimizer=asked.optimizer,
            patience=asked.patience,
            **asked.of_task,
        )

    def augmented(self, pictures: int) -> "Plan":
        """With the augmentation that was asked for, else the recipe's, else what suits the pictures."""
        if self.asked_augmentation is not None:
            if not self.mirror and unmirrored(self.asked_augmentation) != self.asked_augmentation:
                raise StriateError(
                    f"--augment mirrors pictures, and what {self.task.name} learns is not true of a mirror "
                    'image; choose light, or a table with mirror = false: {preset = "photo", mirror = false}.'
                )
            return replace(self, augmentation=self.asked_augmentation)
        own = self._protocol(pictures).augmentation or self.suited
        if not self.mirror:
            own = unmirrored(own)
        return replace(self, augmentation=own if isinstance(own, str) else dict(own))

    def with_transfer(self, transfer: str, pictures: int) -> "Plan":
        """Once it is known what learns."""
        return replace(self, transfer=transfer).augmented(pictures)

    def _protocol(self, pictures: int) -> Recipe:
        chosen = self.task.recipe_for(self.model, pretrained=self.pretrained, transfer=self.transfer)
        return find_recipe(self.asked_recipe or chosen)(pictures)


def make_plan(
    task: Task[Any],
    asked: NetworkOptions,
    schedule: ScheduleOptions,
    dataset: Dataset,
    on_event: Listener = silent,
) -> Plan:
    """Decide, and say what was decided and why."""
    traits = Traits.of(_shapes(dataset))
    parent = _run_named(asked.weights)
    choice = _choice(task, asked, parent, traits)
    if asked.transfer == "scratch":
        choice = replace(choice, pretrained=False, reason=f"{choice.reason}; random weights, as asked")
    entry = find_entry(choice.model)
    if entry.task not in task.networks:
        raise StriateError(
            f"{choice.model} is made to {entry.task}, not to {task.name}; `striate models` lists both."
        )
    if asked.recipe != "auto" and find_recipe(asked.recipe)(len(dataset.items)).from_features:
        task.from_features()  # raises where the task has none
    on_event(Note(f"network: {choice.model}, {choice.reason}"))
    if is_pattern(choice.model) and (padded := padding_note(plan_pattern(choice.model))):
        on_event(Note(padded))
    transfer = _transfer(task, asked, schedule, choice, parent)
    if parent is not None:
        weights: Path | None = parent.weights
        preprocessing, known = _inherited(asked, parent), True
    else:
        weights = _weights(asked, choice, on_event)
        preprocessing = _preprocessing(asked, choice, entry, traits, weights)
        known = weights is not None and bool(entry.weights)
    if asked.white is not None:
        preprocessing = replace(preprocessing, white=asked.white)
    plan = Plan(
        task=task,
        model=choice.model,
        reason=choice.reason,
        weights=weights,
        named=asked.weights,
        preprocessing=preprocessing,
        normalised=known,
        schedule=schedule,
        asked_recipe=None if asked.recipe == "auto" else asked.recipe,
        asked_augmentation=None if asked.augment == "auto" else asked.augment,
        suited="light" if traits.grey or max(traits.height, traits.width) < 32 else "photo",
        parent=parent,
        transfer=transfer,
        mirror=task.moving(dataset).mirror,
    )
    return plan.augmented(len(dataset.items))


def _transfer(
    task: Task[Any],
    asked: NetworkOptions,
    schedule: ScheduleOptions,
    choice: Choice,
    parent: EarlierRun | None,
) -> str | None:
    """What was asked for; auto where nobody asked for steps of a certain kind; None leaves it to the recipe.

    Raises:
        StriateError: the options contradict each other.
    """
    if asked.transfer == "auto":
        plain = asked.recipe == asked.augment == "auto" and parent is None
        decides = choice.pretrained and plain and "auto" in task.transfers
        return "auto" if decides and not schedule.asks_for_steps else None
    if asked.recipe != "auto":
        raise StriateError(
            f"--transfer {asked.transfer} and --recipe {asked.recipe} say what learns; leave out one."
        )
    if asked.transfer == "scratch":
        if asked.weights is not None:
            raise StriateError("--transfer scratch starts from random weights; leave out --weights.")
        return None
    if not choice.pretrained:
        raise StriateError(
            f"--transfer {asked.transfer} starts from weights, and {choice.model} has none here: add "
            "--weights imagenet, a file or a run."
        )
    return asked.transfer


def _run_named(weights: str | None) -> EarlierRun | None:
    """The run that `--weights` names, None where it names something else."""
    return EarlierRun.open(Path(weights)) if weights is not None and Path(weights).is_dir() else None


def _shapes(dataset: Dataset) -> list[tuple[int, int, int]]:
    count = len(dataset.items)
    shapes = []
    for row in sorted({i * count // LOOKED_AT for i in range(LOOKED_AT)} if count else ()):
        try:
            shapes.append(picture_shape(dataset, row))
        except BadPicture:
            continue
    return shapes


def _choice(task: Task[Any], asked: NetworkOptions, parent: EarlierRun | None, traits: Traits) -> Choice:
    if asked.model == "auto" and asked.weights is None:
        return task.choose(traits, available_weights)
    if parent is not None:
        of_run = parent.architecture.model
        model = of_run if asked.model == "auto" else asked.model
        grown = "" if model == of_run else f", a {of_run}: layers of equal shape are taken over"
        return Choice(model, True, None, f"from the run {parent.path}{grown}")
    if asked.model == "auto":
        raise StriateError("--weights needs --model: name the network that the weights belong to.")
    pretrained = asked.weights is not None
    own = asked.model == own_network(asked.recipe)
    said = f"the network of --recipe {asked.recipe}" if own else "as asked"
    reason = f"{said}, from " + (f"the weights '{asked.weights}'" if pretrained else "random weights")
    return Choice(asked.model, pretrained, None, reason)


def _weights(asked: NetworkOptions, choice: Choice, on_event: Listener) -> Path | None:
    if not choice.pretrained:
        return None
    if asked.weights is None or asked.weights == "imagenet":
        return find_weights(choice.model, "imagenet", download=asked.weights is not None, on_event=on_event)
    path = Path(asked.weights)
    if not path.is_file():
        raise StriateError(
            f"--weights {path} is no file; give a .safetensors or .pth file, a run, or 'imagenet'."
        )
    return path


def _inherited(asked: NetworkOptions, parent: EarlierRun) -> Preprocessing:
    spec, side = parent.preprocessing, asked.image_size
    return replace(spec, size_hw=(side, side)) if side else spec


def _preprocessing(
    asked: NetworkOptions, choice: Choice, entry: Entry, traits: Traits, weights: Path | None
) -> Preprocessing:
    size = asked.image_size or choice.image_size
    if weights is not None and entry.weights:
        pretrained = preprocessing_of(choice.model)
        side = (size, size) if size else pretrained.size_hw
        return Preprocessing(side, pretrained.channels, pretrained.mean, pretrained.std, asked.fit)
    channels = 1 if traits.grey else 3
    if size is None:
        size = min(max(traits.height, traits.width, entry.smallest), OWN_SIZE) if entry.any_size else None
    size_hw = (size, size) if size else entry.input[1:]
    # Mean and std are those of the training pictures; they are known once these are read.
    return Preprocessing(size_hw, 1 if channels == 1 else 3, (0.5,) * channels, (0.5,) * channels, asked.fit)
