"""Localisation: is there an object, where, and what; two forms of the course's loss.

The target of a picture is (p_c, b_x, b_y, b_h, b_w, c_1, ..., c_K): whether there is an object, its middle
and size as shares of the picture, and its class. Without an object only p_c counts, the rest may be anything.

Source: Wu, course slides of 2021 (the target and the sum of eight squares); Li, course slides (a softmax loss
on the classes beside an L2 loss on the box).
Differs: the second form has a logistic loss on p_c, and a weight for the box.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

FIRST_CLASS = 5  # the place of c_1: p_c and the four numbers of the box stand before it

Places = Float[Tensor, "B M"]  # one row a picture, M = 5 + K


class LocalisationLosses(NamedTuple):
    """The parts, each averaged over the pictures of the batch; `total` is their (weighted) sum."""

    total: Float[Tensor, ""]
    presence: Float[Tensor, ""]
    box: Float[Tensor, ""]
    label: Float[Tensor, ""]


def squared_localisation(outputs: Places, targets: Places) -> LocalisationLosses:
    """The first form: the sum of all squared differences, without an object only that of p_c.

    Args:
        outputs: what the network says of (p_c, b_x, b_y, b_h, b_w, c_1, ..., c_K).
        targets: the truth; where p_c is 0 the other numbers are not read.
    """
    there = targets[:, 0] > 0.5
    squares = (outputs - torch.where(_counted(there, targets), targets, outputs)).square()
    return _averaged(squares[:, 0], squares[:, 1:FIRST_CLASS].sum(1), squares[:, FIRST_CLASS:].sum(1), 1.0)


def localisation(
    outputs: Places, targets: Places, smoothing: float = 0.0, box_weight: float = 1.0
) -> LocalisationLosses:
    """The second form: logistic loss on p_c, squared error on the box, softmax loss on the classes.

    Args:
        outputs: the logit of p_c, the box itself, the logits of the classes.
        targets: as for `squared_localisation`; classes are shares that sum to 1.
        smoothing: share of the class target that is spread evenly over all classes, in [0, 1).
        box_weight: what the box counts beside the others. Its error is small: in shares of the picture, a
            tenth beside the truth on all four numbers is 0.04.
    """
    there = targets[:, 0] > 0.5
    counted = _counted(there, targets)
    presence = F.binary_cross_entropy_with_logits(
        outputs[:, 0].float(), there.to(torch.float32), reduction="none"
    )
    boxes = torch.where(counted, targets, outputs)[:, 1:FIRST_CLASS]
    box = (outputs[:, 1:FIRST_CLASS] - boxes).float().square().sum(1)
    shares = torch.where(counted, targets, torch.zeros_like(targets))[:, FIRST_CLASS:].float()
    shares = (1 - smoothing) * shares + smoothing / shares.shape[1]
    log_probabilities = outputs[:, FIRST_CLASS:].float().log_softmax(dim=1)
    label = -(shares * log_probabilities).sum(1) * there
    return _averaged(presence, box, label, box_weight)


def _counted(there: Tensor, targets: Tensor) -> Tensor:
    """Which numbers of each target are read: all of them where there is an object, else the first."""
    counted = there[:, None].expand_as(targets).clone()
    counted[:, 0] = True
    return counted


def _averaged(presence: Tensor, box: Tensor, label: Tensor, box_weight: float) -> LocalisationLosses:
    p, b, c = presence.mean(), box.mean(), label.mean()
    return LocalisationLosses(p + box_weight * b + c, p, b, c)
