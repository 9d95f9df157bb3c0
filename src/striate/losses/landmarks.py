"""Landmarks: is there what they belong to, where is each point, and can it be seen.

The target of a picture is (flag, x_1, y_1, ..., x_n, y_n, v_1, ..., v_n): with 64 points of a face the flag
and the places are the course's 129 numbers. Without a face only the flag counts; of a point whose
place is not known, only that it is not visible.

Source: Wu, course slides of 2021 (the face's flag, and the places of its points)
Distances, not their squares: Nibali et al., "Numerical Coordinate Regression with Convolutional Neural
Networks", 2018, arXiv:1801.07372, section 3.3; a pixel counts as much near the truth as far from it
Differs: a logistic loss on the flag, and one output more a point says whether it is visible.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

LEAST = 1e-12  # under the root, whose slope at 0 is infinite

Flags = Float[Tensor, " B"]
Points = Float[Tensor, "B P 2"]
Seen = Float[Tensor, "B P"]


class LandmarkLosses(NamedTuple):
    """The parts, each averaged over the pictures of the batch; `total` is their weighted sum."""

    total: Float[Tensor, ""]
    presence: Float[Tensor, ""]
    points: Float[Tensor, ""]
    visible: Float[Tensor, ""]


def landmarks(
    flags: Flags,
    points: Points,
    seen: Seen,
    true_points: Points,
    known: Bool[Tensor, "B P"],
    visible: Bool[Tensor, "B P"],
    present: Bool[Tensor, " B"],
    point_weight: float = 1.0,
) -> LandmarkLosses:
    """Logistic loss on the flag; distances of the points; logistic loss on visibility.

    Args:
        flags: logits of presence.
        points: places as shares of the picture's width and height.
        seen: logits of each point's visibility.
        true_points: the truth; where a point's place is not known, anything.
        known: of which points the place is known; a hidden one's may be.
        visible: which points can be seen.
        present: which pictures have the thing at all.
        point_weight: what the places count beside the others.

    Returns:
        `points` is the mean over pictures of the mean distance of its known points; `visible` that
        of the mean over its points. Pictures without the thing, or without a known point, count 0.
    """
    counted = known & present[:, None]
    aim = torch.where(counted[:, :, None], true_points, points)
    beside = ((points - aim).float().square().sum(2) + LEAST).sqrt() * counted
    places = beside.sum(1) / counted.sum(1).clamp(min=1)
    flag = F.binary_cross_entropy_with_logits(flags.float(), present.float(), reduction="none")
    shown = F.binary_cross_entropy_with_logits(seen.float(), visible.float(), reduction="none").mean(1)
    p, d, v = flag.mean(), places.mean(), (shown * present).mean()
    return LandmarkLosses(p + point_weight * d + v, p, d, v)
