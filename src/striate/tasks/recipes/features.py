"""From pretrained weights: a small dense head with dropout on features that a frozen trunk computes once.

Source: Chollet, "Deep Learning with Python", Manning 2017, section 5.3.1 (listings 5.17 to 5.19: 256 units,
dropout 0.5, no changed pictures)
Differs: AdamW over one cycle with smoothed labels instead of RMSprop at 2e-5 for 30 epochs; the features are
standardised and averaged over all places, not flattened.
"""

from striate.hyperparameters import AdamW
from striate.tasks.recipes.recipe import Recipe, StageRecipe, epochs_for

HIDDEN = 256
STEPS = 1000


def features(pictures: int) -> Recipe:
    """The protocol for `pictures` training pictures."""
    batch_size = 32
    epochs = epochs_for(STEPS, pictures, batch_size, least=4, most=100)
    return Recipe(
        name="features",
        stages=(
            StageRecipe(
                "features", "head", epochs, lr=1e-3, weight_decay=0.01, mode="features", freeze_norms=True
            ),
        ),
        batch_size=batch_size,
        optimizer=AdamW(),
        label_smoothing=0.1,
        patience=epochs,
        augmentation="none",
        hidden=HIDDEN,
    )
