"""LeNet-5's training of 1998: twenty passes of plain gradient descent whose rate falls four times.

Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 1998,
section III.B
Differs: the paper gives every weight a rate of its own, between 7e-5 and 0.016 at the start, from second
derivatives, and steps after every picture. Here all weights share one rate, a step takes 16 pictures, and
the first rate (0.01, so 0.0006 a picture) is ours; it falls as the paper's does.
"""

from striate.hyperparameters import Constant, Sgd
from striate.tasks.recipes.recipe import Recipe, StageRecipe

PASSES = (2, 3, 3, 4, 8)
RATES = (5e-4, 2e-4, 1e-4, 5e-5, 1e-5)
FIRST_RATE = 0.01


def lenet5_1998(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`."""
    del pictures
    return Recipe(
        name="lenet5_1998",
        stages=tuple(
            StageRecipe(f"rate {rate:g}", "all", passes, lr=FIRST_RATE * rate / RATES[0], weight_decay=0)
            for passes, rate in zip(PASSES, RATES, strict=True)
        ),
        batch_size=16,
        optimizer=Sgd(momentum=0),
        label_smoothing=0.0,
        patience=sum(PASSES),
        schedule=Constant(),
        augmentation="none",
    )
