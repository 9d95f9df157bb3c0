"""All recipes, by the name that `--recipe` takes."""

from collections.abc import Callable
from fnmatch import fnmatchcase

from striate.errors import StriateError, UnknownName
from striate.models.patterns.pattern import is_pattern
from striate.tasks.recipes import places
from striate.tasks.recipes.alexnet import alexnet
from striate.tasks.recipes.book_augmented import book_augmented
from striate.tasks.recipes.book_cats_dogs import book_cats_dogs
from striate.tasks.recipes.book_dense import book_dense
from striate.tasks.recipes.book_mnist import book_mnist
from striate.tasks.recipes.book_transfer import book_transfer
from striate.tasks.recipes.demo import demo
from striate.tasks.recipes.features import features
from striate.tasks.recipes.finetune import finetune
from striate.tasks.recipes.frozen import frozen
from striate.tasks.recipes.googlenet import googlenet
from striate.tasks.recipes.lenet5_1998 import lenet5_1998
from striate.tasks.recipes.probe import probe
from striate.tasks.recipes.recipe import Recipe
from striate.tasks.recipes.resnet_cifar import resnet_cifar
from striate.tasks.recipes.scratch import scratch
from striate.tasks.recipes.small import small
from striate.tasks.recipes.transfer import transfer
from striate.tasks.recipes.vgg import vgg

RECIPES: dict[str, Callable[[int], Recipe]] = {
    "scratch": scratch,
    "small": small,
    "transfer": transfer,
    "probe": probe,
    "features": features,
    "frozen": frozen,
    "finetune": finetune,
    "demo": demo,
    "lenet5_1998": lenet5_1998,
    "alexnet": alexnet,
    "vgg": vgg,
    "googlenet": googlenet,
    "resnet_cifar": resnet_cifar,
    "book_dense": book_dense,
    "book_mnist": book_mnist,
    "book_cats_dogs": book_cats_dogs,
    "book_augmented": book_augmented,
    "book_transfer": book_transfer,
    **places.recipes_of("locate", places.FOR_BOXES),
    **places.recipes_of("landmarks", places.FOR_POINTS),
}

# The protocol that a network has of its own; the others follow from whether they start from weights.
# VGG's is asked for by name: the maps of its 256 pictures a batch take 16 GB in VGG-16.
OWN_RECIPE: dict[str, str] = {
    "striate_small": "small",
    "lenet5_1998": "lenet5_1998",
    "alexnet_2012": "alexnet",
    "alexnet_2012_one_tower": "alexnet",
    "googlenet_2014": "googlenet",
    "book_dense": "book_dense",
    "book_mnist": "book_mnist",
    "book_cats_dogs": "book_cats_dogs",
    "book_cats_dogs_dropout": "book_augmented",
}

# The trainings that papers and the book describe for networks of their own: the one that is chosen where none
# is named, and patterns of the names that the recipe may train.
OF_PAPER: dict[str, tuple[str, ...]] = {
    "lenet5_1998": ("lenet5_1998", "lenet5*"),
    "alexnet": ("alexnet_2012", "alexnet*", "zfnet"),
    "vgg": ("vgg11", "vgg*"),
    "googlenet": ("googlenet_2014", "googlenet*"),
    "resnet_cifar": ("resnet20_cifar", "*_cifar", "*_cifar_b"),
    "book_dense": ("book_dense",),
    "book_mnist": ("book_mnist",),
    "book_cats_dogs": ("book_cats_dogs", "book_cats_dogs_dropout"),
    "book_augmented": ("book_cats_dogs_dropout", "book_cats_dogs"),
}


def own_network(recipe: str) -> str | None:
    """The network that a paper's recipe trains where none is named; None for a recipe of any network."""
    names = OF_PAPER.get(recipe)
    return names[0] if names else None


def require_own_network(recipe: str, model: str) -> None:
    """Refuse a paper's recipe beside a network of the catalogue that is none of the paper's.

    A network written as a pattern may be anybody's, so it may be trained as any paper did.

    Raises:
        StriateError: names the network that the recipe belongs to.
    """
    names = OF_PAPER.get(recipe)
    if names is None or is_pattern(model) or any(fnmatchcase(model, name) for name in names):
        return
    raise StriateError(
        f"--recipe {recipe} is the training of {names[0]}, and {model} is another network. Leave out --model "
        "to train the recipe's own, or leave out --recipe."
    )


def find_recipe(name: str) -> Callable[[int], Recipe]:
    """The recipe of that name: a function of the number of training pictures.

    Raises:
        UnknownName: there is none; the nearest are offered.
    """
    if name not in RECIPES:
        raise UnknownName("recipe", name, RECIPES, f"There are: auto, {', '.join(RECIPES)}.")
    return RECIPES[name]
