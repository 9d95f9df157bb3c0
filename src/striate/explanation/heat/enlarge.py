"""From a method's map to heat over the picture: enlarged to its size, divided by its maximum."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from striate.explanation.heat.question import Maps


def enlarge(maps: Maps, size_hw: tuple[int, int]) -> Float[Tensor, "B H W"]:
    """Heat in [0, 1] over a whole picture of `size_hw` pixels, bilinear; a map of zeros stays one.

    Nothing is cropped: the network saw the whole picture, so the map's edges are the picture's.
    """
    whole = F.interpolate(maps[:, None].float().clamp(min=0), size_hw, mode="bilinear", align_corners=False)
    heat = whole[:, 0]
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp(min=1e-30)
