"""What `train` will do with a data set: network, preprocessing, recipe, augmentation, each with its reason.

Everything here follows from the options, the data and what lies on this machine; it is written to
`config.toml`.
"""

from dataclasses import dataclass
from pathlib import Path

from striate.actions.options import TrainOptions
from striate.data.dataset import BadPicture, Dataset
from striate.data.datasets.picture_files import picture_shape
from striate.errors import StriateError
from striate.events import Listener, Note
from striate.models.catalog import Entry, find_entry
from striate.models.pretrained import available_weights, find_weights, preprocessing_of
from striate.preprocess import Preprocessing
from striate.tasks.choosing import Choice, Traits, choose
from striate.tasks.recipes.adjust import adjusted
from striate.tasks.recipes.catalog import RECIPES
from striate.tasks.recipes.recipe import Recipe

LOOKED_AT = 64  # pictures, spread over the data set, that decide its traits
OWN_SIZE = 224  # the largest input side that a network trained from scratch is given without being asked


@dataclass(frozen=True, slots=True)
class Plan:
    """Network, weights and input of a training; `normalised` says whether mean and std are final."""

    model: str
    reason: str
    weights: Path | None
    preprocessing: Preprocessing
    normalised: bool
    augmentation: str

    @property
    def pretrained(self) -> bool:
        """Whether the network starts from somebody's weights."""
        return self.weights is not None


def make_plan(options: TrainOptions, dataset: Dataset, on_event: Listener) -> Plan:
    """Decide, and say what was decided and why."""
    traits = Traits.of(_shapes(dataset))
    choice = _choice(options, traits)
    entry = find_entry(choice.model)
    if entry.task != options.task:
        raise StriateError(
            f"{choice.model} is made to {entry.task}, not to {options.task}; `striate models` lists both."
        )
    on_event(Note(f"network: {choice.model}, {choice.reason}"))
    weights = _weights(options, choice, on_event)
    preprocessing = _preprocessing(options, choice, entry, traits, weights)
    known = weights is not None and bool(entry.weights)
    augmentation = options.augment
    if augmentation == "auto":
        augmentation = "light" if traits.grey or max(traits.height, traits.width) < 32 else "photo"
    return Plan(choice.model, choice.reason, weights, preprocessing, known, augmentation)


def make_recipe(options: TrainOptions, plan: Plan, pictures: int) -> Recipe:
    """The protocol for `pictures` training pictures, with what the options override."""
    name = options.recipe
    if name == "auto":
        name = "transfer" if plan.pretrained else "scratch"
    return adjusted(
        RECIPES[name](pictures),
        epochs=options.epochs,
        lr=options.lr,
        batch_size=options.batch_size,
        optimizer=options.optimizer,
        label_smoothing=options.label_smoothing,
        patience=options.patience,
    )


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
        return choose(traits, available_weights)
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
        raise StriateError(f"--weights {path} is no file; give a .safetensors or .pth file, or 'imagenet'.")
    return path


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
