"""How far points lie from where they should: distances, and the share within a share of a size."""

from jaxtyping import Bool, Float
from torch import Tensor

Points = Float[Tensor, "*N 2"]
Distances = Float[Tensor, "*N"]


def distances(points: Points, truths: Points) -> Distances:
    """From each point to its truth, in their unit."""
    return (points - truths).square().sum(-1).sqrt()


def within(distance: Distances, size: Float[Tensor, "*M"], share: float) -> Bool[Tensor, "*N"]:
    """Whether each point is at most `share` of its picture's size beside the truth.

    The share of such points is the percentage of correct key points (PCK).

    Source: Yang and Ramanan, "Articulated Human Detection with Flexible Mixtures of Parts", PAMI 2013,
    section 6.2 (a share of the larger side of the person's box)
    Differs: the size is what the caller says, the longer side of the picture where there is no box.

    Args:
        distance: in pixels.
        size: in pixels, broadcast over the points.
        share: such as 0.05.
    """
    return distance <= share * size
