"""From pretrained weights: a linear head on a frozen trunk that sees every picture in changed views as well.

The features of eight views and of the picture itself are computed once: nine passes through the trunk, where
changing the pictures anew in each of thirty epochs would take thirty.

Source: Chollet, "Deep Learning with Python", Manning 2017, section 5.3.1 (listings 5.20 and 5.21: a frozen
base behind changed pictures)
Differs: one linear layer, computed at once, instead of two dense ones; the views are the same in every pass.
"""

from striate.protocol import AdamW
from striate.tasks.recipes.recipe import Recipe, StageRecipe

VIEWS = 8


def frozen(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`; it has no steps, so no rate counts."""
    del pictures
    return Recipe(
        name="frozen",
        stages=(StageRecipe("views", "head", 1, lr=1.0, weight_decay=0, how="probe"),),
        batch_size=64,
        optimizer=AdamW(),
        label_smoothing=0.0,
        patience=1,
        augmentation="photo",
        views=VIEWS,
    )
