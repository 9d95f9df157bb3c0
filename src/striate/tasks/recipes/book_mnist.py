"""The book on digits: five epochs of RMSprop.

Source: Chollet, "Deep Learning with Python", Manning 2017, section 5.1 (listing 5.3)
Differs: a part of the training pictures is for validation, and the weights of its best epoch are kept.
"""

from striate.hyperparameters import Constant, RmsProp
from striate.tasks.recipes.recipe import Recipe, StageRecipe


def book_mnist(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`."""
    del pictures
    return Recipe(
        name="book_mnist",
        stages=(StageRecipe("train", "all", 5, lr=1e-3, weight_decay=0),),
        batch_size=64,
        optimizer=RmsProp(alpha=0.9, eps=1e-7),  # Keras's defaults
        label_smoothing=0.0,
        patience=5,
        schedule=Constant(),
        augmentation="none",
    )
