"""What a training step keeps in memory, by asking autograd what it saves, on shapes alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.func import functional_call

from striate.anatomy.shape_memory import RememberingMode
from striate.errors import StriateError
from striate.models.number_types import number_type
from striate.models.surgery.untouched import every_call, same_modes

# What a real step took at its peak, as a share of what it keeps. Measured with torch 2.14 on one core:
# resnet18 (16 pictures of 224) 1.30, vgg11 (8 of 128) 1.39, mobilenet_v2 (16 of 128) 1.32, densenet121 (4 of
# 128) 1.06; resnet18 (24 of 128) four times, 1.36 to 1.44; a fifth left 0.95 to 1.5, by how much was not
# kept. The rest is working space:
# gradients of maps on their way back, the kernels' own buffers, and what the allocator does not give back.
PEAK = 1.6
BATCH = 2  # one picture is not enough: batch normalisation of a single value is refused


@dataclass(frozen=True, slots=True)
class Training:
    """Bytes of a training with AdamW, in the network's own numbers.

    Attributes:
        fixed: weights and stored values, gradients, and AdamW's two averages: the same for every batch size.
        picture: the picture and what autograd saves for its backward pass.
    """

    fixed: int
    picture: int

    def bytes(self, batch: int) -> int:
        """What a step with `batch` pictures keeps; its peak was measured at up to `PEAK` times that."""
        return self.fixed + batch * self.picture

    def largest_batch(self, available: int) -> int:
        """Pictures a step that fit into `available` bytes at its peak; 0 if not even the weights do."""
        return max(0, int((available / PEAK - self.fixed) // self.picture))

    def to_dict(self) -> dict[str, int]:
        """As `striate inspect --json` prints it."""
        return {"fixed_bytes": self.fixed, "picture_bytes": self.picture}


def training_memory(network: nn.Module, input_size: Sequence[int]) -> tuple[Training | None, dict[str, int]]:
    """What a training keeps, in all and by layer; None where the network cannot train on shapes alone.

    Args:
        network: stays as it is.
        input_size: shape of one picture (C, H, W).
    """
    shapes = {
        name: torch.empty_like(tensor, device="meta", requires_grad=tensor.requires_grad)
        for name, tensor in [*network.named_parameters(), *network.named_buffers()]
    }
    keeper = _Keeper({tensor.untyped_storage()._cdata for tensor in shapes.values()})
    numbers = number_type(network)
    pictures = torch.empty(BATCH, *input_size, device="meta", dtype=numbers)
    with same_modes(network), every_call(network, keeper.enter, keeper.leave), torch.enable_grad():
        network.train()
        try:
            with saved_tensors_hooks(keeper.pack, lambda tensor: tensor), RememberingMode():
                functional_call(network, shapes, (pictures,))
        except (StriateError, RuntimeError, ValueError, TypeError, IndexError, NotImplementedError):
            return None, {}
    learned = sum(one.nbytes for one in network.parameters() if one.requires_grad)
    weights = sum(one.nbytes for one in [*network.parameters(), *network.buffers()])
    picture = 0 if keeper.holds(pictures) else numbers.itemsize * prod(input_size)
    by_layer = {name: size // BATCH for name, size in keeper.sizes.items()}
    return Training(fixed=weights + 3 * learned, picture=keeper.total // BATCH + picture), by_layer


class _Keeper:
    """Counts every storage once, for the module in which it is saved first."""

    def __init__(self, weights: set[int]) -> None:
        self.seen = set(weights)
        self.alive: list[Tensor] = []  # so that no storage's address is used again
        self.sizes: dict[str, int] = {}
        self.calls: dict[str, int] = {}
        self.open: list[str] = [""]
        self.total = 0

    def enter(self, name: str, _: nn.Module) -> None:
        """A module is called: what is saved from now on is its own."""
        self.calls[name] = count = self.calls.get(name, 0) + 1
        self.open.append(name if count == 1 else f"{name}:{count}")

    def leave(self, _: Any) -> None:
        """The module of the last `enter` has returned."""
        self.open.pop()

    def pack(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in self.seen:
            self.seen.add(storage._cdata)
            self.alive.append(tensor)
            self.total += storage.nbytes()
            self.sizes[self.open[-1]] = self.sizes.get(self.open[-1], 0) + storage.nbytes()
        return tensor

    def holds(self, tensor: Tensor) -> bool:
        return tensor.untyped_storage()._cdata in self.seen
