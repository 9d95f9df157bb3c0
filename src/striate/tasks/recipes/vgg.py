"""VGG's training of 2014: 74 epochs, every picture at a size of its own, the rate a tenth on plateaus.

The paper scales a picture to a smaller side S drawn from [256; 512] and cuts 224x224 out of it: a square
of (224/S)^2 of its area, enlarged or reduced to the network's side.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015, arXiv:1409.1556, section 3.1
Differs: the area is drawn uniformly, not S; colours do not change; biases are not decayed; the rate falls
after five epochs without a better validation score. Deep networks start from a trained shallow one with
`--weights RUN --recipe vgg`.
"""

from striate.hyperparameters import Plateau, Sgd
from striate.tasks.recipes.recipe import Recipe, StageRecipe

EPOCHS = 74
LEAST, MOST, SIDE = 256, 512, 224


def vgg(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`."""
    del pictures
    return Recipe(
        name="vgg",
        stages=(StageRecipe("train", "all", EPOCHS, lr=1e-2, weight_decay=5e-4),),
        batch_size=256,
        optimizer=Sgd(momentum=0.9),
        label_smoothing=0.0,
        patience=EPOCHS,
        schedule=Plateau(factor=0.1, patience=5, drops=3),
        augmentation={"area": ((SIDE / MOST) ** 2, (SIDE / LEAST) ** 2), "ratio": (1.0, 1.0), "mirror": True},
    )
