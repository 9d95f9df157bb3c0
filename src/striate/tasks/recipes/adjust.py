"""What a person overrides in a recipe: `--epochs`, `--lr`, `--batch-size` and the rest."""

from dataclasses import replace
from typing import Any

from striate.tasks.recipes.recipe import Recipe, StageRecipe


def adjusted(
    recipe: Recipe, *, epochs: int | None = None, lr: float | None = None, **given: int | float | str | None
) -> Recipe:
    """The recipe with what was given.

    Args:
        recipe: a protocol.
        epochs: of all stages together, shared out in the recipe's proportions; the last stages go first when
            there are fewer epochs than stages.
        lr: the last stage's peak rate; the other stages' rates keep their ratio to it.
        given: other fields of the recipe; None leaves a field as it is.
    """
    stages = recipe.stages
    if epochs is not None:
        stages = _with_epochs(stages, epochs)
    if lr is not None:
        ratio = lr / stages[-1].lr
        stages = tuple(replace(stage, lr=stage.lr * ratio) for stage in stages)
    fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(recipe, stages=stages, **fields)


def _with_epochs(stages: tuple[StageRecipe, ...], epochs: int) -> tuple[StageRecipe, ...]:
    kept = stages[:epochs]
    wanted = [stage.epochs * epochs / sum(other.epochs for other in kept) for stage in kept]
    shares = [max(1, int(share)) for share in wanted]
    while sum(shares) != epochs:  # round to the wished sum where it changes least
        step = 1 if sum(shares) < epochs else -1
        movable = [i for i, share in enumerate(shares) if share + step >= 1]
        nearest = min(movable, key=lambda i: abs(shares[i] + step - wanted[i]))
        shares[nearest] += step
    return tuple(replace(stage, epochs=share) for stage, share in zip(kept, shares, strict=True))
