"""Training landmarks: from a frozen trunk, with its last blocks, or from random weights."""

from striate.tasks.recipes import places
from striate.tasks.recipes.recipe import Recipe


def landmarks_frozen(pictures: int) -> Recipe:
    """Only the head learns, on pretrained features."""
    return places.frozen("landmarks_frozen", pictures, places.FOR_POINTS)


def landmarks_finetune(pictures: int) -> Recipe:
    """The head, then the head with the last blocks."""
    return places.finetune("landmarks_finetune", pictures, places.FOR_POINTS)


def landmarks_scratch(pictures: int) -> Recipe:
    """Everything, from random weights."""
    return places.scratch("landmarks_scratch", pictures, places.FOR_POINTS)
