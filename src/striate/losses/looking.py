"""Where a network looks, if it weights places: the less on the object itself, the more it costs.

A softmax over places learns which of them to weight only by what comes out of it. Told where the object is,
it mistakes a background for it less often; docs/locate.md has what that is worth.
"""

import torch
from jaxtyping import Float
from torch import Tensor

LEAST = 1e-6  # of the weights, so that the logarithm stays finite


def looking_away(weights: Float[Tensor, "B H W"], middles: Float[Tensor, "B 4"]) -> Float[Tensor, " B"]:
    """-log of the share of a picture's weights that lies on its object.

    Args:
        weights: of the cells of a map; those of a picture sum to 1.
        middles: (b_x, b_y, b_h, b_w) of the object, shares of the picture. Cells count whose middle lies in
            the box; a box smaller than a cell is widened to one.
    """
    height, width = weights.shape[1:]
    x = (torch.arange(width, device=weights.device) + 0.5) / width
    y = (torch.arange(height, device=weights.device) + 0.5) / height
    half_h, half_w = middles[:, 2:3].clamp(min=1 / height) / 2, middles[:, 3:4].clamp(min=1 / width) / 2
    columns, rows = (x - middles[:, :1]).abs() <= half_w, (y - middles[:, 1:2]).abs() <= half_h
    on_object = rows[:, :, None] & columns[:, None, :]
    return -(weights.float() * on_object).sum(dim=(1, 2)).clamp(min=LEAST).log()
