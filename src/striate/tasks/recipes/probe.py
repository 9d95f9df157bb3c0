"""From pretrained weights: nothing but a linear head on the features of a frozen trunk, computed at once.

Source: Donahue et al., "DeCAF: A Deep Convolutional Activation Feature for Generic Visual Recognition", ICML
2014, arXiv:1310.1531 (linear classifiers of a network's last features)
"""

from striate.hyperparameters import AdamW
from striate.tasks.recipes.recipe import Recipe, StageRecipe


def probe(pictures: int) -> Recipe:
    """The protocol, the same for any number of training `pictures`; it has no steps, so no rate counts."""
    del pictures
    return Recipe(
        name="probe",
        stages=(StageRecipe("probe", "head", 1, lr=1.0, weight_decay=0, mode="probe"),),
        batch_size=64,
        optimizer=AdamW(),
        label_smoothing=0.0,
        patience=1,
        augmentation="none",
    )
