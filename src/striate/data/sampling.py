"""Which pictures an epoch shows, and in which order."""

from collections.abc import Callable

import torch
from jaxtyping import Int64
from torch import Tensor

from striate.shapes import Labels

# Classes of the training pictures (-1 where one has none), a generator, and how many make a batch, to the
# places that an epoch shows; as many as there are pictures.
Order = Callable[[Labels, torch.Generator, int], Int64[Tensor, " N"]]


def in_any_order(labels: Labels, generator: torch.Generator, batch_size: int) -> Int64[Tensor, " N"]:  # noqa: ARG001
    """Every picture once: an `Order`."""
    return shuffled(len(labels), generator)


def classes_balanced(labels: Labels, generator: torch.Generator, batch_size: int) -> Int64[Tensor, " N"]:  # noqa: ARG001
    """Every class equally often: an `Order`."""
    return balanced(labels, generator)


def shuffled(count: int, generator: torch.Generator) -> Int64[Tensor, " N"]:
    """Every place once, in an order that the generator decides."""
    return torch.randperm(count, generator=generator)


def balanced(labels: Labels, generator: torch.Generator) -> Int64[Tensor, " N"]:
    """As many places as there are labels, every class equally often (but for one).

    A rare class's pictures come round again only when all of them were shown; of a common class another part
    is shown in every epoch.

    Args:
        labels: (N,) class of each picture.
        generator: decides pictures and order.
    """
    classes = sorted(set(labels.tolist()))
    places = []
    for number, label in enumerate(classes):
        own = (labels == label).nonzero().squeeze(1)
        wanted = len(labels) // len(classes) + (number < len(labels) % len(classes))
        rounds = [own[shuffled(len(own), generator)] for _ in range(-(-wanted // len(own)))]
        places.append(torch.cat(rounds)[:wanted])
    found = torch.cat(places)
    return found[shuffled(len(found), generator)]


def repetitions(rows: Int64[Tensor, " N"]) -> Int64[Tensor, " N"]:
    """How many times each row has come before, in their order: 0 for the first time."""
    order = rows.argsort(stable=True)
    places, own = torch.arange(len(rows)), rows[order]
    begins = torch.ones_like(own, dtype=torch.bool)
    begins[1:] = own[1:] != own[:-1]
    found = torch.empty_like(order)
    found[order] = places - torch.where(begins, places, 0).cummax(dim=0).values
    return found


def class_weights(labels: Labels, classes: int) -> Tensor:
    """A weight a class, (K,): its rarity, scaled so that the mean over the pictures is 1; 0 where absent."""
    counts = torch.bincount(labels, minlength=classes).double()
    present = counts > 0
    weights = torch.zeros(classes, dtype=torch.float64)
    weights[present] = len(labels) / (counts[present] * present.sum())
    return weights.float()
