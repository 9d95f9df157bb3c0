"""From a method's map to heat over the picture: enlarged to its size, divided by its maximum."""

from collections.abc import Sequence

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from striate.explanation.heat.question import Maps
from striate.preprocess.placement import Placement


def over_picture(maps: Maps, placements: Sequence[Placement]) -> list[Float[Tensor, "H W"]]:
    """Heat in [0, 1] over each user's picture, of its size; 0 where the network did not see it.

    Args:
        maps: (B, h, w) over the inputs.
        placements: where each picture lies in its input.
    """
    found = []
    for one, placement in zip(maps, placements, strict=True):
        if placement.shows_all:
            found.append(enlarge(one[None], placement.picture_hw)[0])
            continue
        heat = placement.maps_back(one[None].float().clamp(min=0))[0]
        found.append(heat / heat.amax().clamp(min=1e-30))
    return found


def enlarge(maps: Maps, size_hw: tuple[int, int]) -> Float[Tensor, "B H W"]:
    """Heat in [0, 1] over a whole picture of `size_hw` pixels, bilinear; a map of zeros stays one.

    Nothing is cropped: the network saw the whole picture, so the map's edges are the picture's.
    """
    whole = F.interpolate(maps[:, None].float().clamp(min=0), size_hw, mode="bilinear", align_corners=False)
    heat = whole[:, 0]
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp(min=1e-30)
