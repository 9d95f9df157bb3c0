"""All recipes, by the name that `--recipe` takes."""

from collections.abc import Callable

from striate.errors import UnknownName
from striate.tasks.recipes.demo import demo
from striate.tasks.recipes.recipe import Recipe
from striate.tasks.recipes.scratch import scratch
from striate.tasks.recipes.small import small
from striate.tasks.recipes.transfer import transfer

RECIPES: dict[str, Callable[[int], Recipe]] = {
    "scratch": scratch,
    "small": small,
    "transfer": transfer,
    "demo": demo,
}

# The protocol that a network has of its own; the others follow from whether they start from weights.
OWN_RECIPE: dict[str, str] = {"striate_small": "small"}


def find_recipe(name: str) -> Callable[[int], Recipe]:
    """The recipe of that name: a function of the number of training pictures.

    Raises:
        UnknownName: there is none; the nearest are offered.
    """
    if name not in RECIPES:
        raise UnknownName("recipe", name, RECIPES, f"There are: auto, {', '.join(RECIPES)}.")
    return RECIPES[name]
