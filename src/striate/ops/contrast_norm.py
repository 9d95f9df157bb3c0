"""Local contrast normalisation: subtract the surroundings' mean, divide by their spread.

Source: Jarrett et al., "What is the Best Multi-Stage Architecture for Object Recognition?", ICCV 2009,
section 2.2. Windows at the border are re-weighted to what lies inside the picture, so that a constant
becomes 0 everywhere.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from striate.errors import StriateError


def surrounding_mean(
    maps: Float[Tensor, "B C H W"], weights: Float[Tensor, "h w"]
) -> Float[Tensor, "B 1 H W"]:
    """The weighted mean over all channels of every pixel's surroundings.

    Args:
        weights: positive, of odd sides; only their ratios matter.

    Raises:
        StriateError: a side is even, or a weight is not positive.
    """
    if weights.shape[0] % 2 == 0 or weights.shape[1] % 2 == 0 or not bool((weights > 0).all()):
        raise StriateError(
            f"surroundings of {weights.shape[0]}x{weights.shape[1]} with weights down to "
            f"{float(weights.min()):g} are not possible; both sides must be odd and every weight positive."
        )
    window = weights.to(maps)[None, None]
    reach = (weights.shape[0] // 2, weights.shape[1] // 2)
    total = F.conv2d(maps.mean(dim=1, keepdim=True), window, padding=reach)
    return total / F.conv2d(torch.ones_like(maps[:1, :1]), window, padding=reach)


def subtractive_norm(
    maps: Float[Tensor, "B C H W"], weights: Float[Tensor, "h w"]
) -> Float[Tensor, "B C H W"]:
    """v = x - sum of w x over the surroundings in all channels: a low-passed copy is taken away."""
    return maps - surrounding_mean(maps, weights)


def divisive_norm(
    centred: Float[Tensor, "B C H W"], weights: Float[Tensor, "h w"]
) -> Float[Tensor, "B C H W"]:
    """y = v / max(c, sigma); sigma is the surroundings' root mean square, c its mean over the picture.

    Where the whole picture is flat there is nothing to divide, and it stays 0.
    """
    # Below the smallest normal number the square has underflowed: the root of exactly 0 has no finite slope.
    tiny = torch.finfo(centred.dtype).tiny
    sigma = surrounding_mean(centred.square(), weights).clamp_min(tiny).sqrt()
    return centred / torch.maximum(sigma, sigma.mean(dim=(1, 2, 3), keepdim=True))


def gaussian_window(side: int) -> Float[Tensor, "side side"]:
    """Weights that fall off from the centre, standard deviation a quarter of the side; their sum is 1."""
    places = torch.arange(side) - (side - 1) / 2
    bell = torch.exp(-0.5 * (places / (side / 4)) ** 2)
    window = bell[:, None] * bell[None, :]
    return window / window.sum()
