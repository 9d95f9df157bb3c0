"""AlexNet's training of 2012: 90 epochs, the rate divided by ten when validation no longer improves.

Source: Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012,
sections 4.1 and 5
Differs: pictures are shifted by up to 16 of 224 pixels and mirrored, where the paper cuts 224x224 out of
256x256; colours do not change along their principal components; biases are not decayed; the answer is that of
one view, not the mean of ten. The paper lowers the rate by hand; five epochs of patience are ours.
"""

from striate.hyperparameters import Plateau, Sgd
from striate.tasks.recipes.recipe import Recipe, StageRecipe

EPOCHS = 90


def alexnet(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`."""
    del pictures
    return Recipe(
        name="alexnet",
        stages=(StageRecipe("train", "all", EPOCHS, lr=1e-2, weight_decay=5e-4),),
        batch_size=128,
        optimizer=Sgd(momentum=0.9),
        label_smoothing=0.0,
        patience=EPOCHS,
        schedule=Plateau(factor=0.1, patience=5, drops=3),
        augmentation={"shift": 16 / 224, "mirror": True, "fill": "reflect"},
    )
