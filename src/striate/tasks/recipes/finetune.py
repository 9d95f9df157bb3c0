"""From pretrained weights: the head at once, then the last blocks, one after the other, at falling rates.

The order matters: the gradients of a random head would spoil the trunk's features.
Source: Chollet, "Deep Learning with Python", Manning 2017, section 5.3.2 (head first, then the last block at
a small rate); Howard and Ruder, "Universal Language Model Fine-tuning", ACL 2018, arXiv:1801.06146, sections
3.2 and 3.3 (blocks unfrozen from the last one on, each at a smaller rate than the one behind it)
Differs: rates and lengths are ours; normalisation keeps its statistics in all stages.
"""

from striate.hyperparameters import AdamW
from striate.tasks.recipes.recipe import Recipe, StageRecipe, epochs_for

FALL = 0.4  # of the rate from a block to the one before it
STEPS = ((1, 40), (2, 40), (4, 60))  # blocks that learn, and about how many steps they do


def finetune(pictures: int) -> Recipe:
    """The protocol for `pictures` training pictures."""
    batch_size = 32
    stages = [
        StageRecipe(
            f"last {blocks} blocks" if blocks > 1 else "last block",
            blocks,
            epochs_for(steps, pictures, batch_size, 1, 15),
            lr=2e-4,
            weight_decay=0.02,
            layer_decay=FALL,
            warm_up=0.5,
            freeze_norms=True,  # statistics of a few hundred pictures are worse than ImageNet's
        )
        for blocks, steps in STEPS
    ]
    return Recipe(
        name="finetune",
        stages=(StageRecipe("probe", "head", 1, lr=2e-4, weight_decay=0, mode="probe"), *stages),
        batch_size=batch_size,
        optimizer=AdamW(),
        label_smoothing=0.1,
        patience=15,
    )
