"""Training for answers that are places: a box, or points. The head first, then the blocks behind it.

A task's own head is drawn anew, and its gradients would spoil a pretrained trunk, as in `finetune.py`; so it
learns on the frozen trunk first. Then the last blocks learn with it at falling rates, as where something is
matters less to a classifier than to a localiser. Normalisation keeps its statistics.

Source: ours; docs/locate.md has what was measured.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from striate.hyperparameters import AdamW
from striate.tasks.recipes.recipe import Recipe, StageRecipe, epochs_for

HEAD_LR, BLOCKS_LR = 3e-3, 5e-4
FALL = 0.5  # of the rate from a block to the one before it
HEAD_STEPS, BLOCK_STEPS, SCRATCH_STEPS = 250, 700, 4000

Table = Mapping[str, Any]
# Boxes stay upright, so pictures are not turned; a border in a plain colour repeats no object.
MOVED: Table = {
    "preset": "none",
    "shift": 0.1,
    "zoom": [0.75, 1.25],
    "stretch": 1.15,
    "fill": "nearest",
    "brightness": 0.2,
    "contrast": 0.2,
    "saturation": 0.2,
}
FOR_BOXES: Table = {**MOVED, "mirror": True}
# A mirror would make a left eye of a right one; it is left to those who know that their points allow it.
FOR_POINTS: Table = {**MOVED, "rotate": 10.0}


def frozen(name: str, pictures: int, augmentation: Table) -> Recipe:
    """Only the head learns."""
    batch_size = 32
    return Recipe(
        name=name,
        stages=(_head(pictures, batch_size, HEAD_STEPS + BLOCK_STEPS),),
        batch_size=batch_size,
        optimizer=AdamW(),
        label_smoothing=0.05,
        patience=100,
        augmentation=augmentation,
    )


def finetune(name: str, pictures: int, augmentation: Table) -> Recipe:
    """The head, then the head with the last blocks."""
    batch_size = 32
    blocks = StageRecipe(
        "last 4 blocks",
        4,
        epochs_for(BLOCK_STEPS, pictures, batch_size, 3, 40),
        lr=BLOCKS_LR,
        weight_decay=0.02,
        layer_decay=FALL,
        warm_up=0.5,
        freeze_norms=True,
    )
    return Recipe(
        name=name,
        stages=(_head(pictures, batch_size, HEAD_STEPS), blocks),
        batch_size=batch_size,
        optimizer=AdamW(),
        label_smoothing=0.05,
        patience=100,
        augmentation=augmentation,
    )


def scratch(name: str, pictures: int, augmentation: Table) -> Recipe:
    """Everything, from random weights."""
    batch_size = 32
    epochs = epochs_for(SCRATCH_STEPS, pictures, batch_size, least=8, most=100)
    return Recipe(
        name=name,
        stages=(StageRecipe("train", "all", epochs, lr=2e-3, weight_decay=0.05),),
        batch_size=batch_size,
        optimizer=AdamW(),
        label_smoothing=0.05,
        patience=max(8, epochs // 2),
        augmentation=augmentation,
    )


def recipes_of(task: str, augmentation: Table) -> dict[str, Callable[[int], Recipe]]:
    """The recipes of one task, named after it and the start; each takes the number of training pictures."""
    made = {"scratch": scratch, "frozen": frozen, "finetune": finetune}
    names = {f"{task}_{start}": make for start, make in made.items()}
    return {name: partial(make, name, augmentation=augmentation) for name, make in names.items()}


def _head(pictures: int, batch_size: int, steps: int) -> StageRecipe:
    epochs = epochs_for(steps, pictures, batch_size, 2, 60)
    return StageRecipe("head", "head", epochs, lr=HEAD_LR, weight_decay=0.02)
