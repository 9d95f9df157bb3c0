"""The demonstration: LeNet-5 on 6,000 digits, in well under a minute on two cores."""

from striate.hyperparameters import AdamW
from striate.tasks.recipes.recipe import Recipe, StageRecipe


def demo(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`."""
    del pictures
    return Recipe(
        name="demo",
        stages=(StageRecipe("train", "all", 40, lr=4e-3, weight_decay=0.02),),
        batch_size=64,
        optimizer=AdamW(),
        label_smoothing=0.05,
        patience=40,
    )
