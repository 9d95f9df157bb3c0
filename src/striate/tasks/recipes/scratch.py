"""From random weights: AdamW, one cycle, a fixed number of steps rather than of epochs.

A small set needs many passes, a large one few; about 5,000 steps suffice for the small networks that `auto`
chooses.
"""

from striate.hyperparameters import AdamW
from striate.tasks.recipes.recipe import Recipe, StageRecipe, epochs_for

STEPS = 5000


def scratch(pictures: int) -> Recipe:
    """The protocol for `pictures` training pictures."""
    batch_size = 128 if pictures >= 20_000 else 64 if pictures >= 2000 else 16
    epochs = epochs_for(STEPS, pictures, batch_size, least=8, most=100)
    return Recipe(
        name="scratch",
        stages=(StageRecipe("train", "all", epochs, lr=2e-3, weight_decay=0.05),),
        batch_size=batch_size,
        optimizer=AdamW(),
        label_smoothing=0.05,
        patience=max(8, epochs // 2),
    )
