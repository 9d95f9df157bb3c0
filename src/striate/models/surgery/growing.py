"""Start a deep network from a trained shallow one of the same family.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015, section 3.1: network A is
trained from random weights; the first four convolutions and the three dense layers of deeper ones start so.
"""

import torch
from torch import nn

FIRST, LAST = 4, 3


def grow(deep: nn.Module, shallow: nn.Module, first: int = FIRST, last: int = LAST) -> list[str]:
    """Copy layers of `shallow` into `deep`, in place, and return the names of those that changed.

    In order from the front, each of the first layers goes to the next layer of `deep` with its shape; from
    the back, each of the last ones to the layer in the same place if it has its shape. A front layer without
    a match is left out.

    Args:
        deep: keeps its own weights everywhere else.
        shallow: a trained network.
        first: how many layers at the front.
        last: how many at the back.
    """
    ours, theirs = _layers(deep), _layers(shallow)
    filled, place = [], 0
    for _, layer in theirs[: min(first, max(0, len(theirs) - last))]:
        found = next((i for i in range(place, len(ours)) if _same(ours[i][1], layer)), None)
        if found is not None:
            filled.append(_copy(ours[found], layer))
            place = found + 1
    for mine, (_, layer) in zip(ours[place:][-last:][::-1], theirs[-last:][::-1], strict=False):
        if _same(mine[1], layer):
            filled.append(_copy(mine, layer))
    return filled


Layer = nn.Conv2d | nn.Linear


def _layers(network: nn.Module) -> list[tuple[str, Layer]]:
    return [(name, m) for name, m in network.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)]


def _same(one: Layer, other: Layer) -> bool:
    bias = (one.bias is None) == (other.bias is None)
    return type(one) is type(other) and one.weight.shape == other.weight.shape and bias


@torch.no_grad()
def _copy(target: tuple[str, Layer], source: Layer) -> str:
    name, layer = target
    layer.weight.copy_(source.weight)
    if layer.bias is not None and source.bias is not None:
        layer.bias.copy_(source.bias)
    return name
