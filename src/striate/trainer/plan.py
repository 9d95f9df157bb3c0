"""What `train` will do with a data set: network, preprocessing, recipe, augmentation, each with its reason.

Everything here follows from the options, the data and what lies on this machine; it is written to
`config.toml`.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from striate.data.dataset import BadPicture, Dataset
from striate.data.datasets.picture_files import picture_shape
from striate.errors import StriateError
from striate.events import Listener, Note
from striate.inference.network_of_run import architecture_of
from striate.models.catalog import find_entry
from striate.models.entry import Entry
from striate.models.weights.pretrained import available_weights, find_weights, preprocessing_of
from striate.preprocess.preprocessing import Preprocessing
from striate.runs.folder import RunFolder
from striate.runs.preprocessing import read_preprocessing
from striate.runs.record import RunRecord
from striate.tasks.catalog import find_task
from striate.tasks.choosing import Choice, Traits
from striate.tasks.recipes.adjust import adjusted
from striate.tasks.recipes.catalog import find_recipe
from striate.tasks.recipes.recipe import Recipe
from striate.trainer.options import TrainOptions

LOOKED_AT = 64  # pictures, spread over the data set, that decide its traits
OWN_SIZE = 224  # the largest input side that a network trained from scratch is given without being asked


@dataclass(frozen=True, slots=True)
class Plan:
    """Network, weights and input of a training.

    Attributes:
        normalised: whether mean and std are final.
        parent: the run whose weights these are.
        suited: the augmentation that suits the pictures where the recipe has none of its own.
        transfer: what learns of a network with weights; auto has to be measured first, None is the recipe's.
    """

    model: str
    reason: str
    weights: Path | None
    preprocessing: Preprocessing
    normalised: bool
    augmentation: str | dict[str, Any]
    parent: Path | None = None
    suited: str = "photo"
    transfer: str | None = None

    @property
    def pretrained(self) -> bool:
        """Whether the network starts from somebody's weights."""
        return self.weights is not None


def make_plan(options: TrainOptions, dataset: Dataset, on_event: Listener) -> Plan:
    """Decide, and say what was decided and why."""
    traits = Traits.of(_shapes(dataset))
    choice = _choice(options, traits)
    if options.transfer == "scratch":
        choice = replace(choice, pretrained=False, reason=f"{choice.reason}; random weights, as asked")
    entry = find_entry(choice.model)
    if entry.task not in find_task(options.task).networks:
        raise StriateError(
            f"{choice.model} is made to {entry.task}, not to {options.task}; `striate models` lists both."
        )
    if options.recipe != "auto" and find_recipe(options.recipe)(len(dataset.items)).from_features:
        find_task(options.task).from_features()  # raises where the task has none
    on_event(Note(f"network: {choice.model}, {choice.reason}"))
    parent = parent_of(options)
    transfer = _transfer(options, choice, parent)
    if parent is not None:
        weights: Path | None = parent / "best.safetensors"
        preprocessing, known = _inherited(options, parent), True
    else:
        weights = _weights(options, choice, on_event)
        preprocessing = _preprocessing(options, choice, entry, traits, weights)
        known = weights is not None and bool(entry.weights)
    if options.white is not None:
        preprocessing = replace(preprocessing, white=options.white)
    suited = "light" if traits.grey or max(traits.height, traits.width) < 32 else "photo"
    plan = Plan(choice.model, choice.reason, weights, preprocessing, known, suited, parent, suited, transfer)
    return replace(plan, augmentation=_augmentation(options, plan, len(dataset.items)))


def with_transfer(plan: Plan, options: TrainOptions, transfer: str, pictures: int) -> Plan:
    """The plan once it is known what learns."""
    decided = replace(plan, transfer=transfer)
    return replace(decided, augmentation=_augmentation(options, decided, pictures))


def _augmentation(options: TrainOptions, plan: Plan, pictures: int) -> str | dict[str, Any]:
    """What was asked for, else the recipe's, else what suits the pictures."""
    if options.augment != "auto":
        return options.augment
    own = find_recipe(_recipe_name(options, plan))(pictures).augmentation or plan.suited
    return own if isinstance(own, str) else dict(own)


def _transfer(options: TrainOptions, choice: Choice, parent: Path | None) -> str | None:
    """What was asked for; auto where nobody asked for steps of a certain kind; None leaves it to the recipe.

    Raises:
        StriateError: the options contradict each other.
    """
    if options.transfer == "auto":
        asked = (options.epochs, options.lr, options.optimizer, options.label_smoothing, options.patience)
        plain = options.recipe == options.augment == "auto" and parent is None
        decides = choice.pretrained and plain and "auto" in find_task(options.task).transfers
        return "auto" if decides and not any(v is not None for v in asked) else None
    if options.recipe != "auto":
        raise StriateError(
            f"--transfer {options.transfer} and --recipe {options.recipe} say what learns; leave out one."
        )
    if options.transfer == "scratch":
        if options.weights is not None:
            raise StriateError("--transfer scratch starts from random weights; leave out --weights.")
        return None
    if not choice.pretrained:
        raise StriateError(
            f"--transfer {options.transfer} starts from weights, and {choice.model} has none here: add "
            "--weights imagenet, a file or a run."
        )
    return options.transfer


def parent_of(options: TrainOptions) -> Path | None:
    """The run that `--weights` names, None where it names something else."""
    if options.weights is None or not Path(options.weights).is_dir():
        return None
    return RunFolder.open(Path(options.weights)).path


def make_recipe(
    options: TrainOptions, plan: Plan, pictures: int, *, epochs: int | None = None, lr: float | None = None
) -> Recipe:
    """The protocol for `pictures` training pictures, with what the options override.

    `epochs` and `lr` are what was measured for `--minutes` and `--lr auto`.
    """
    name = _recipe_name(options, plan)
    return adjusted(
        find_recipe(name)(pictures),
        pictures=pictures,
        epochs=options.epochs if epochs is None else epochs,
        lr=lr if options.lr == "auto" else options.lr,
        balance=options.balance,
        batch_size=options.batch_size,
        optimizer=options.optimizer,
        label_smoothing=options.label_smoothing,
        patience=options.patience,
    )


def _recipe_name(options: TrainOptions, plan: Plan) -> str:
    if options.recipe != "auto":
        return options.recipe
    task = find_task(options.task)
    return task.recipe_for(plan.model, pretrained=plan.pretrained, transfer=plan.transfer)


def _shapes(dataset: Dataset) -> list[tuple[int, int, int]]:
    count = len(dataset.items)
    shapes = []
    for row in sorted({i * count // LOOKED_AT for i in range(LOOKED_AT)} if count else ()):
        try:
            shapes.append(picture_shape(dataset, row))
        except BadPicture:
            continue
    return shapes


def _choice(options: TrainOptions, traits: Traits) -> Choice:
    if options.model == "auto" and options.weights is None:
        return find_task(options.task).choose(traits, available_weights)
    parent = parent_of(options)
    if parent is not None:
        of_run = architecture_of(RunRecord.open(parent)).model
        model = of_run if options.model == "auto" else options.model
        grown = "" if model == of_run else f", a {of_run}: layers of equal shape are taken over"
        return Choice(model, True, None, f"from the run {parent}{grown}")
    if options.model == "auto":
        raise StriateError("--weights needs --model: name the network that the weights belong to.")
    pretrained = options.weights is not None
    reason = "as asked, from " + (f"the weights '{options.weights}'" if pretrained else "random weights")
    return Choice(options.model, pretrained, None, reason)


def _weights(options: TrainOptions, choice: Choice, on_event: Listener) -> Path | None:
    if not choice.pretrained:
        return None
    if options.weights is None or options.weights == "imagenet":
        return find_weights(choice.model, "imagenet", download=options.weights is not None, on_event=on_event)
    path = Path(options.weights)
    if not path.is_file():
        raise StriateError(
            f"--weights {path} is no file; give a .safetensors or .pth file, a run, or 'imagenet'."
        )
    return path


def _inherited(options: TrainOptions, parent: Path) -> Preprocessing:
    spec = read_preprocessing(RunRecord.open(parent))
    side = options.image_size
    return replace(spec, size_hw=(side, side)) if side else spec


def _preprocessing(
    options: TrainOptions, choice: Choice, entry: Entry, traits: Traits, weights: Path | None
) -> Preprocessing:
    size = options.image_size or choice.image_size
    if weights is not None and entry.weights:
        pretrained = preprocessing_of(choice.model)
        side = (size, size) if size else pretrained.size_hw
        return Preprocessing(side, pretrained.channels, pretrained.mean, pretrained.std, options.fit)
    channels = 1 if traits.grey else 3
    if size is None:
        size = min(max(traits.height, traits.width, entry.smallest), OWN_SIZE) if entry.any_size else None
    size_hw = (size, size) if size else entry.input[1:]
    # Mean and std are those of the training pictures; they are known once these are read.
    return Preprocessing(
        size_hw, 1 if channels == 1 else 3, (0.5,) * channels, (0.5,) * channels, options.fit
    )
