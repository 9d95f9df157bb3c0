"""The book on digits without convolutions: five epochs of RMSprop in batches of 128.

Source: Chollet, "Deep Learning with Python", Manning 2017, section 2.1 (listing 2.5)
Differs: a part of the training pictures is for validation, and the weights of its best epoch are kept.
"""

from striate.hyperparameters import Constant, RmsProp
from striate.tasks.recipes.recipe import Recipe, StageRecipe


def book_dense(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`."""
    del pictures
    return Recipe(
        name="book_dense",
        stages=(StageRecipe("train", "all", 5, lr=1e-3, weight_decay=0),),
        batch_size=128,
        optimizer=RmsProp(alpha=0.9, eps=1e-7),  # Keras's defaults
        label_smoothing=0.0,
        patience=5,
        schedule=Constant(),
        augmentation="none",
    )
