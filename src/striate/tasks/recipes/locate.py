"""Training a localiser: from a frozen trunk, with its last blocks, or from random weights."""

from striate.tasks.recipes import places
from striate.tasks.recipes.recipe import Recipe


def locate_frozen(pictures: int) -> Recipe:
    """Only the head learns, on pretrained features."""
    return places.frozen("locate_frozen", pictures, places.FOR_BOXES)


def locate_finetune(pictures: int) -> Recipe:
    """The head, then the head with the last blocks."""
    return places.finetune("locate_finetune", pictures, places.FOR_BOXES)


def locate_scratch(pictures: int) -> Recipe:
    """Everything, from random weights."""
    return places.scratch("locate_scratch", pictures, places.FOR_BOXES)
