"""All recipes, by the name that `--recipe` takes."""

from collections.abc import Callable

from striate.tasks.recipes.demo import demo
from striate.tasks.recipes.recipe import Recipe
from striate.tasks.recipes.scratch import scratch
from striate.tasks.recipes.transfer import transfer

RECIPES: dict[str, Callable[[int], Recipe]] = {"scratch": scratch, "transfer": transfer, "demo": demo}
