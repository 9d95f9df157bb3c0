"""The book from pretrained weights: the head on a frozen base, then a hundred epochs at half its rate.

Source: Chollet, "Deep Learning with Python", Manning 2017, section 5.3 (listings 5.21 and 5.23)
Differs: the head is the last layer of the network, not two new dense ones on VGG-16, and then everything
learns, not the fifth block and the head alone.
"""

from striate.hyperparameters import Constant, RmsProp
from striate.tasks.recipes.recipe import Recipe, StageRecipe


def book_transfer(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`."""
    del pictures
    return Recipe(
        name="book_transfer",
        stages=(
            StageRecipe("head", "head", 30, lr=2e-5, weight_decay=0),
            StageRecipe("finetune", "all", 100, lr=1e-5, weight_decay=0, freeze_norms=True),
        ),
        batch_size=20,
        optimizer=RmsProp(alpha=0.9, eps=1e-7),  # Keras's defaults
        label_smoothing=0.0,
        patience=130,
        schedule=Constant(),
        augmentation="book",
    )
