"""Whether maps move with the picture: shifted by a layer's stride, its maps should shift by one cell.

Padding and what the picture does not show break it near the edges; a subsampled layer keeps it for
whole strides only. How far it holds is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.explanation.channels.activations import LayerMaps, activations_of
from striate.shapes import Images


@dataclass(frozen=True, slots=True)
class Moved:
    """How a layer's maps follow a shift of the picture to the right.

    Attributes:
        name: of the layer.
        shift: pixels that the picture moved.
        cells: that the maps should move: shift / stride, a whole number or not.
        followed: correlation of the new maps with the old ones moved by the nearest whole number of cells.
        unmoved: correlation of the new maps with the old ones where they were; 1 is invariance.
    """

    name: str
    shift: int
    cells: float
    followed: float
    unmoved: float


def equivariance(network: nn.Module, images: Images, shifts: Sequence[int] | None = None) -> list[Moved]:
    """Shift one picture to the right (what leaves it comes in at the left) and compare every layer's maps.

    Cells that came in from the other side are left out of the comparison.

    Args:
        images: (1, C, H, W), normalised.
        shifts: pixels; None is each layer's own stride and half of it, where that is a whole number.
    """
    width = images.shape[3]
    still = activations_of(network, images)
    strides = {layer.name: max(1, round(width / layer.maps.shape[2])) for layer in still}
    wanted = shifts or sorted({s for stride in strides.values() for s in {stride, max(1, stride // 2)}})
    found = []
    for shift in wanted:
        moved = activations_of(network, torch.roll(images, shift, dims=3))
        for before, after in zip(still, moved, strict=True):
            stride = strides[before.name]
            own = shifts is not None or shift in (stride, stride // 2)
            if own and (one := _compared(before, after, shift, stride)) is not None:
                found.append(one)
    return found


def _compared(before: LayerMaps, after: LayerMaps, shift: int, stride: int) -> Moved | None:
    cells = round(shift / stride)
    lost = -(-shift // stride)  # columns at the left that show what came in
    if before.maps.shape[2] - lost < 2:
        return None
    new = after.maps[:, :, lost:]
    width = before.maps.shape[2]
    followed = correlation(new, before.maps[:, :, lost - cells : width - cells])
    return Moved(before.name, shift, shift / stride, followed, correlation(new, before.maps[:, :, lost:]))


def correlation(one: Float[Tensor, "C H w"], other: Float[Tensor, "C H w"]) -> float:
    """Pearson's, over all values, each channel around its own mean; 1 where both are constant and equal."""
    one, other = (maps.double() - maps.double().mean(dim=(1, 2), keepdim=True) for maps in (one, other))
    spread = one.norm() * other.norm()
    if float(spread) == 0:
        return 1.0 if torch.equal(one, other) else 0.0
    return float((one * other).sum() / spread)
