"""A small dense head in place of a network's last layer: one hidden layer, with dropout in front of the last.

Source: Chollet, "Deep Learning with Python", Manning 2017, section 5.3.1 (256 units, dropout 0.5, on the
features of a convolutional base)
Differs: the features are standardised first, as they were in training.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.models.backbone import initialise_head
from striate.models.surgery.trunk import cut_name, require_linear_head

DROPOUT = 0.5
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def give_dense_head(network: nn.Module, hidden: int) -> None:
    """Replace the network's head by a standardisation, a layer of `hidden` units and an output layer.

    The outputs stay as many. A head that reads maps gets their mean. Draws from torch's global generator.

    Args:
        network: changed in place.
        hidden: units.

    Raises:
        StriateError: the network's outputs are no linear function of what its last layer reads.
    """
    old, name = require_linear_head(network), str(network.head)
    head: nn.Sequential
    if isinstance(old, nn.Conv2d):
        last = nn.Conv2d(hidden, old.out_channels, kernel_size=1)
        head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.BatchNorm2d(old.in_channels, affine=False),
            nn.Conv2d(old.in_channels, hidden, kernel_size=1),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            last,
        )
        initialise_head(last)
    else:
        dense = nn.Linear(hidden, old.out_features)
        head = nn.Sequential(
            nn.BatchNorm1d(old.in_features, affine=False),
            nn.Linear(old.in_features, hidden),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            dense,
        )
        initialise_head(dense)
    network.set_submodule(name, head)
    network.head, network.cut = f"{name}.{len(head) - 1}", name  # type: ignore[assignment]


@torch.no_grad()
def standardise(network: nn.Module, features: Float[Tensor, "N D"]) -> None:
    """Let a dense head standardise by the mean and spread of `features`, in place."""
    norm = next(m for m in network.get_submodule(cut_name(network)).children() if isinstance(m, NORMS))
    spread = features.double().std(dim=0, correction=0)
    spread[spread < 1e-6 * float(spread.max())] = 1.0  # what never changes says nothing
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.copy_(features.double().mean(dim=0))
    norm.running_var.copy_(spread.square())
