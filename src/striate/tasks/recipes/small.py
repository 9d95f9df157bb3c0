"""For small pictures: one pass with orthogonal steps, and more only where that did not suffice.

Muon's steps on the convolutions learn more from a picture than AdamW's, so that one pass over a large simple
set is enough; a set on which validation still errs in more than one of a hundred goes on for longer.
Source: ours; decision 0009 has what was tried.
"""

from striate.hyperparameters import Muon, OneCycle, Sgd
from striate.tasks.recipes.recipe import Recipe, StageRecipe, epochs_for

ENOUGH = 0.99  # of the validation pictures right
QUICK_STEPS, LONG_STEPS = 400, 4000


def small(pictures: int) -> Recipe:
    """The protocol for `pictures` training pictures."""
    batch_size = 128 if pictures >= 5000 else 32
    quick = epochs_for(QUICK_STEPS, pictures, batch_size, least=1, most=60)
    long = epochs_for(LONG_STEPS, pictures, batch_size, least=10, most=100)
    return Recipe(
        name="small",
        stages=(
            StageRecipe("quick", "all", quick, lr=0.1, weight_decay=5e-4),
            StageRecipe("long", "all", long, lr=0.05, weight_decay=5e-4, skip_above=ENOUGH),
        ),
        batch_size=batch_size,
        optimizer=Muon(momentum=0.6, iterations=3, rest=Sgd(momentum=0.85, nesterov=True), rest_ratio=1.0),
        label_smoothing=0.1,
        patience=max(20, long),
        schedule=OneCycle(rise=0.2, first=0.3, last=0.01),
        augmentation="shift",
    )
