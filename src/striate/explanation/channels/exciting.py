"""The pictures, and the patches of them, that excite a channel most.

Source: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, figure 2:
patches beside patterns
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from striate.explanation.channels.channel_response import maps_at, require_channels, response_module
from striate.explanation.channels.filters import Normalise
from striate.models.surgery.untouched import frozen
from striate.shapes import Pictures

Box = tuple[int, int, int, int]


class Field(NamedTuple):
    """What a layer's cells read, in pixels (height, width): size, step, and the middle of the first cell."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    centre: tuple[float, ...]

    def box(self, cell: tuple[int, int], size_hw: tuple[int, int]) -> Box:
        """(x1, y1, x2, y2) that a cell (row, column) reads, cut to the picture."""
        ends = []
        for axis in (1, 0):
            middle = self.centre[axis] + cell[axis] * self.stride[axis]
            first = round(middle - (self.size[axis] - 1) / 2)
            ends.append((max(0, first), min(size_hw[axis], first + self.size[axis])))
        (x1, x2), (y1, y2) = ends
        return x1, y1, x2, y2


@dataclass(frozen=True, slots=True)
class Patch:
    """Where a channel answered strongly.

    Attributes:
        name: of the picture.
        value: the channel's answer there, before the activation function.
        cell: row and column in the channel's map.
        box: (x1, y1, x2, y2), what that cell reads, in pixels of the fitted picture.
        picture: (C, H, W) 8 bit, the whole fitted picture.
    """

    name: str
    value: float
    cell: tuple[int, int]
    box: Box
    picture: Tensor

    @property
    def pixels(self) -> Tensor:
        """The patch, (C, h, w)."""
        x1, y1, x2, y2 = self.box
        return self.picture[:, y1:y2, x1:x2]


def most_exciting(
    network: nn.Module,
    layer: str,
    channels: Sequence[int],
    batches: Iterable[tuple[Sequence[str], UInt8[Tensor, "_ C H W"]]],
    *,
    field: Field,
    normalise: Normalise,
    top: int = 4,
) -> dict[int, list[Patch]]:
    """For each channel the `top` patches, at most one a picture, the strongest first.

    Args:
        layer: name of a convolution.
        batches: names and 8-bit pictures at the network's size; they are gone through once.
        field: what the layer's cells read.
        normalise: turns values 0 to 255 into the network's input.
    """
    best: dict[int, list[Patch]] = {channel: [] for channel in channels}
    target: nn.Module | None = None
    with frozen(network), torch.no_grad():
        for names, pictures in batches:
            images = normalise(pictures)
            target = target or response_module(network, layer, images[:1])
            maps = maps_at(network, target, images)
            require_channels(layer, channels, maps.shape[1])
            for channel in channels:
                found = [*best[channel], *_patches(names, pictures, maps[:, channel], field)]
                found.sort(key=lambda patch: -patch.value)  # stable: earlier pictures first
                best[channel] = found[:top]
    return best


def _patches(
    names: Sequence[str], pictures: Pictures, maps: Float[Tensor, "B h w"], field: Field
) -> list[Patch]:
    values, places = maps.flatten(1).max(dim=1)
    size_hw = (pictures.shape[2], pictures.shape[3])
    patches = []
    for name, picture, value, place in zip(names, pictures, values.tolist(), places.tolist(), strict=True):
        cell = divmod(place, maps.shape[2])
        patches.append(Patch(name, value, cell, field.box(cell, size_hw), picture))
    return patches
