"""GoogLeNet's training of 2014: the rate falls by 4 % every 8 epochs, and the weights are averaged.

The losses of the two auxiliary heads, 0.3 of the whole, belong to the network (models/auxiliary.py).

Source: Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, arXiv:1409.4842, section 6
Differs: one machine; no change of colours. The paper gives no rate, batch, decay or length: those here are of
the Caffe authors' replication (`bvlc_googlenet`). It averages as Polyak does and says no more: here it is the
mean over the ends of the last quarter of epochs.
"""

from striate.hyperparameters import Sgd, Staircase, Swa
from striate.tasks.recipes.recipe import Recipe, StageRecipe

EPOCHS = 60


def googlenet(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`."""
    del pictures
    return Recipe(
        name="googlenet",
        stages=(StageRecipe("train", "all", EPOCHS, lr=1e-2, weight_decay=2e-4),),
        batch_size=32,
        optimizer=Sgd(momentum=0.9),
        label_smoothing=0.0,
        patience=EPOCHS,
        schedule=Staircase(every=8, factor=0.96),
        average=Swa(start=0.75),
        augmentation="imagenet",
    )
