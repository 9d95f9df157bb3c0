"""The book on cats and dogs with changed pictures, for its network with dropout: a hundred epochs.

Source: Chollet, "Deep Learning with Python", Manning 2017, section 5.2.5 (listings 5.11 to 5.14)
Differs: an epoch is one pass; the book counts 100 batches of 32, on its 2,000 pictures 1.6 passes. The
weights of the best epoch on validation are kept.
"""

from striate.hyperparameters import Constant, RmsProp
from striate.tasks.recipes.recipe import Recipe, StageRecipe


def book_augmented(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`."""
    del pictures
    return Recipe(
        name="book_augmented",
        stages=(StageRecipe("train", "all", 100, lr=1e-4, weight_decay=0),),
        batch_size=32,
        optimizer=RmsProp(alpha=0.9, eps=1e-7),  # Keras's defaults
        label_smoothing=0.0,
        patience=100,
        schedule=Constant(),
        augmentation="book",
    )
