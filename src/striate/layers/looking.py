"""Where to look: one map of scores a thing turns into weights over all places, and into the place they mean.

Source: Nibali et al., "Numerical Coordinate Regression with Convolutional Neural Networks", 2018,
arXiv:1801.07372, section 3.1 (a softmax over all places, and the mean place under it: soft-argmax)
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

Map = Float[Tensor, "B _ _ _"]
Weights = Float[Tensor, "B P L"]  # over the L places of a map, each row sums to 1


def middles(height: int, width: int, like: Tensor) -> Float[Tensor, "L 2"]:
    """x and y of the middles of a map's cells, row by row, as shares of its width and height."""
    ys = (torch.arange(height, dtype=like.dtype, device=like.device) + 0.5) / height
    xs = (torch.arange(width, dtype=like.dtype, device=like.device) + 0.5) / width
    grid = torch.stack(torch.meshgrid(ys, xs, indexing="ij"), dim=2).flip(2)
    return grid.reshape(-1, 2)


def mean_places(weights: Weights, height: int, width: int) -> Float[Tensor, "B P 2"]:
    """The mean place, x and y as shares, under weights over the cells of a map."""
    return weights @ middles(height, width, weights)


class JoinedMaps(nn.Module):
    """Maps of several sizes as one of the finest size.

    The coarse ones know what something is, the fine ones better where.

    Source: Lin et al., "Feature Pyramid Networks for Object Detection", CVPR 2017, section 3,
    arXiv:1612.03144 (1x1 convolutions to one depth, coarse maps doubled, the sum, a 3x3 convolution)
    Differs: only the finest sum is used, with norms behind it.
    """

    def __init__(self, depths: Sequence[int], channels: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(
            nn.Conv2d(depth, channels, kernel_size=1, bias=False) for depth in depths
        )
        self.norm = nn.BatchNorm2d(channels)
        self.smooth = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.smooth_norm = nn.BatchNorm2d(channels)

    def forward(self, maps: Sequence[Map]) -> Map:
        """(B, channels, h, w) of the last map's size.

        Args:
            maps: from coarse to fine, as many as depths.
        """
        joined: Tensor = self.lateral[0](maps[0])
        for lateral, finer in zip(list(self.lateral)[1:], maps[1:], strict=True):
            size = (finer.shape[2], finer.shape[3])
            joined = nn.functional.interpolate(joined, size=size, mode="nearest") + lateral(finer)
        hidden = torch.relu(self.norm(joined))
        return torch.relu(self.smooth_norm(self.smooth(hidden)))
