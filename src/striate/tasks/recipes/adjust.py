"""What a person overrides in a recipe: `--epochs`, `--lr`, `--batch-size` and the rest."""

from dataclasses import replace
from typing import Any

from striate.data.epoch_length import epoch_steps
from striate.hyperparameters import Optimizer, Schedule, Staircase, StepDecay, optimizer_named
from striate.tasks.recipes.recipe import Recipe, StageRecipe


def adjusted(
    recipe: Recipe,
    *,
    pictures: int = 0,
    batch_size: int | None = None,
    epochs: int | None = None,
    lr: float | None = None,
    optimizer: str | None = None,
    **given: int | float | str | None,
) -> Recipe:
    """The recipe with what was given.

    Args:
        recipe: a protocol.
        pictures: training pictures; with a batch size of one's own they give the epochs of a stage whose
            steps are counted.
        batch_size: pictures a step; rates stay.
        epochs: of all stages together, shared out in the recipe's proportions; the last stages go first when
            there are fewer epochs than stages. Milestones, warm-up and limits of steps stretch with them.
        lr: the last stage's peak rate; the other stages' rates keep their ratio to it.
        optimizer: of all stages, with its usual settings; without `lr` the rates change by the ratio of the
            optimisers' usual rates.
        given: other fields of the recipe; None leaves a field as it is.
    """
    stages = recipe.stages
    if batch_size is not None:
        stages, recipe = (
            _with_batch_size(stages, batch_size, pictures),
            replace(recipe, batch_size=batch_size),
        )
    if optimizer is not None:
        stages, recipe = _with_optimizer(recipe, optimizer_named(optimizer))
    if epochs is not None:
        stages = _with_epochs(stages, epochs, recipe.schedule)
    if lr is not None:
        ratio = lr / stages[-1].lr
        stages = tuple(replace(stage, lr=stage.lr * ratio) for stage in stages)
    fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(recipe, stages=stages, **fields)


def _with_batch_size(
    stages: tuple[StageRecipe, ...], batch_size: int, pictures: int
) -> tuple[StageRecipe, ...]:
    """A stage of so many steps has other epochs then: `epochs` is a share of those."""
    an_epoch = epoch_steps(max(1, pictures), batch_size)
    return tuple(
        stage if stage.steps is None else replace(stage, epochs=-(-stage.steps // an_epoch))
        for stage in stages
    )


def _with_optimizer(recipe: Recipe, word: Optimizer) -> tuple[tuple[StageRecipe, ...], Recipe]:
    stages = tuple(
        replace(
            stage,
            optimizer=None,
            lr=stage.lr * word.usual_lr / (stage.optimizer or recipe.optimizer).usual_lr,
        )
        for stage in recipe.stages
    )
    return stages, replace(recipe, optimizer=word)


def _with_epochs(stages: tuple[StageRecipe, ...], epochs: int, schedule: Schedule) -> tuple[StageRecipe, ...]:
    if stages[0].mode == "probe":  # one epoch, however many were asked for
        rest = _with_epochs(stages[1:], max(1, epochs - 1), schedule) if len(stages) > 1 else ()
        return (stages[0], *rest)
    kept = stages[:epochs]
    wanted = [stage.epochs * epochs / sum(other.epochs for other in kept) for stage in kept]
    shares = [max(1, int(share)) for share in wanted]
    while sum(shares) != epochs:  # round to the wished sum where it changes least
        step = 1 if sum(shares) < epochs else -1
        movable = [i for i, share in enumerate(shares) if share + step >= 1]
        nearest = min(movable, key=lambda i: abs(shares[i] + step - wanted[i]))
        shares[nearest] += step
    return tuple(_stretched(stage, share, schedule) for stage, share in zip(kept, shares, strict=True))


def _stretched(stage: StageRecipe, epochs: int, schedule: Schedule) -> StageRecipe:
    ratio = epochs / stage.epochs
    own = stage.schedule or schedule
    match own:
        case StepDecay(milestones, _, "epochs" | "steps"):
            own = replace(own, milestones=tuple(milestone * ratio for milestone in milestones))
        case Staircase(every):
            own = replace(own, every=every * ratio)
    return replace(
        stage,
        epochs=epochs,
        steps=None if stage.steps is None else max(1, round(stage.steps * ratio)),
        warm_up=stage.warm_up * ratio,
        schedule=stage.schedule if own == schedule else own,
    )
