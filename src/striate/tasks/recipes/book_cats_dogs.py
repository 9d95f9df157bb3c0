"""The book on cats and dogs from nothing: thirty epochs of RMSprop at a small rate; it overfits after five.

Source: Chollet, "Deep Learning with Python", Manning 2017, section 5.2 (listings 5.6 to 5.8)
Differs: the weights of the best epoch on validation are kept, so those from before it overfits.
"""

from striate.hyperparameters import Constant, RmsProp
from striate.tasks.recipes.recipe import Recipe, StageRecipe


def book_cats_dogs(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`."""
    del pictures
    return Recipe(
        name="book_cats_dogs",
        stages=(StageRecipe("train", "all", 30, lr=1e-4, weight_decay=0),),
        batch_size=20,
        optimizer=RmsProp(alpha=0.9, eps=1e-7),  # Keras's defaults
        label_smoothing=0.0,
        patience=30,
        schedule=Constant(),
        augmentation="none",
    )
