"""A network's blocks, from its structure: what works at one resolution belongs together.

Source: Howard and Ruder, "Universal Language Model Fine-tuning for Text Classification", ACL 2018,
arXiv:1801.06146, sections 3.2 and 3.3 (groups of layers that are unfrozen one after the other, with smaller
rates for earlier ones)
Differs: the groups of a convolutional network are its resolutions.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from striate.models.backbone import Backbone, head_parameter_names
from striate.shapes import Images

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def blocks_of(network: nn.Module, images: Images) -> list[frozenset[str]]:
    """Names of the parameters of every block, first the one that reads the pictures; without the heads'.

    Modules that are no mere containers are asked in which order they answer and how large their maps are; a
    smaller map begins a new block, and so does the first layer after the maps. Parameters that take no
    part in an answer (auxiliary heads) are in the last block.

    Args:
        network: is run once in eval mode; its mode and statistics stay.
        images: one picture of the size that it reads.
    """
    places = _sizes_in_order(network, images)
    heads = head_parameter_names(network)
    blocks: list[set[str]] = []
    smallest: float = float("inf")
    placed = set(heads)
    for name, size in places:
        own = {f"{name}.{inner}" for inner, _ in network.get_submodule(name).named_parameters()} - placed
        if not own:
            continue
        if size < smallest or not blocks:
            blocks.append(set())
            smallest = min(size, smallest)
        blocks[-1] |= own
        placed |= own
    rest = {name for name, _ in network.named_parameters()} - placed
    if rest:
        blocks = blocks or [set()]
        blocks[-1] |= rest
    return [frozenset(block) for block in blocks]


def _units(module: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The outermost modules inside that are no containers, nor a whole network under another head."""
    for name, child in module.named_children():
        if isinstance(child, (*CONTAINERS, Backbone)):
            yield from _units(child, f"{prefix}{name}.")
        else:
            yield prefix + name, child


def _sizes_in_order(network: nn.Module, images: Images) -> list[tuple[str, int]]:
    """Units in the order of their first answer, with the places of its map; 0 where it is none."""
    found: dict[str, int] = {}

    def listen(name: str) -> Any:
        def hear(_: nn.Module, __: Any, output: Any) -> None:
            is_map = isinstance(output, Tensor) and output.ndim == 4
            found.setdefault(name, output.shape[2] * output.shape[3] if is_map else 0)

        return hear

    handles = [unit.register_forward_hook(listen(name)) for name, unit in _units(network)]
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            network(images)
    finally:
        network.train(training)
        for handle in handles:
            handle.remove()
    return list(found.items())
