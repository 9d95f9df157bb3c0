"""ResNet's training on CIFAR-10: 64,000 steps, the rate a tenth after 32,000 and 48,000.

Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, arXiv:1512.03385, section 4.2
Differs: biases and norms are not decayed; the best epoch on validation is kept. The paper's ResNet-110 first
warms up at a rate of 0.01, here not.
"""

from striate.hyperparameters import Sgd, StepDecay
from striate.tasks.recipes.recipe import Recipe, StageRecipe

STEPS, MILESTONES = 64_000, (32_000, 48_000)
BATCH_SIZE = 128


def resnet_cifar(pictures: int) -> Recipe:
    """The protocol: as many epochs of `pictures` training pictures as hold its steps (182 of 45,000)."""
    an_epoch = -(-max(1, pictures) // BATCH_SIZE)
    epochs = -(-STEPS // an_epoch)
    return Recipe(
        name="resnet_cifar",
        stages=(StageRecipe("train", "all", epochs, lr=0.1, weight_decay=1e-4, steps=STEPS),),
        batch_size=BATCH_SIZE,
        optimizer=Sgd(momentum=0.9),
        label_smoothing=0.0,
        patience=epochs,
        schedule=StepDecay(MILESTONES, factor=0.1, unit="steps"),
        augmentation="cifar",
    )
