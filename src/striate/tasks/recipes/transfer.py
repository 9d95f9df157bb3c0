"""From pretrained weights: the new head first with the backbone frozen, then everything for a short time.

The order matters: the gradients of a random head would spoil the backbone's features.
Source: Chollet, "Deep Learning with Python", 2017, section 5.3.2 (five steps of fine-tuning); rates are ours.
"""

from striate.hyperparameters import AdamW
from striate.tasks.recipes.recipe import Recipe, StageRecipe, epochs_for


def transfer(pictures: int) -> Recipe:
    """The protocol for `pictures` training pictures."""
    batch_size = 32
    return Recipe(
        name="transfer",
        stages=(
            StageRecipe(
                "head", "head", epochs_for(80, pictures, batch_size, 2, 10), lr=1e-2, weight_decay=0.01
            ),
            StageRecipe(
                "finetune",
                "all",
                epochs_for(50, pictures, batch_size, 1, 4),
                lr=1e-4,
                weight_decay=0.02,
                freeze_norms=True,  # statistics of a few hundred pictures are worse than ImageNet's
            ),
        ),
        batch_size=batch_size,
        optimizer=AdamW(),
        label_smoothing=0.1,
        patience=8,
    )
