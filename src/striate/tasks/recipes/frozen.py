"""From pretrained weights: a linear head on a frozen trunk that sees every picture in changed views as well.

The features of the views and of the picture itself are computed once: nine passes through the trunk, where
changing the pictures anew in each of thirty epochs would take thirty. Many pictures are varied by themselves,
and get fewer views: 16,000 in all, so that time and memory do not grow nine times as fast as the data.

Source: Chollet, "Deep Learning with Python", Manning 2017, section 5.3.1 (listings 5.20 and 5.21: a frozen
base behind changed pictures)
Differs: one linear layer, computed at once, instead of two dense ones; the views are the same in every pass.
"""

from striate.hyperparameters import AdamW
from striate.tasks.recipes.recipe import Recipe, StageRecipe

VIEWS = 8  # of a picture at most; at least one
VIEWED = 16_000  # changed views of all pictures together


def frozen(pictures: int) -> Recipe:
    """The protocol for so many training `pictures`; it has no steps, so no rate counts."""
    return Recipe(
        name="frozen",
        stages=(StageRecipe("views", "head", 1, lr=1.0, weight_decay=0, mode="probe"),),
        batch_size=64,
        optimizer=AdamW(),
        label_smoothing=0.0,
        patience=1,
        augmentation="photo",
        views=min(VIEWS, max(1, VIEWED // max(1, pictures))),
    )
