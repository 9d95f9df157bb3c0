"""Where to look: one map of scores a thing turns into weights over all places, and into the place they mean.

Source: Nibali et al., "Numerical Coordinate Regression with Convolutional Neural Networks", 2018,
arXiv:1801.07372, section 3.1 (a softmax over all places, and the mean place under it: soft-argmax)
"""

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


class TwoMaps(nn.Module):
    """The coarsest map of a network and the next finer one, as one map of the finer's size.

    The coarse one knows what something is, the fine one better where. A network with a single size of maps
    gives that alone.

    Source: Lin et al., "Feature Pyramid Networks for Object Detection", CVPR 2017, section 3,
    arXiv:1612.03144 (1x1 convolutions to one depth, the coarse map doubled, the sum)
    Differs: two levels, and a norm behind the sum instead of a 3x3 convolution.
    """

    def __init__(self, coarse: int, fine: int | None, channels: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(coarse, channels, kernel_size=1, bias=False)
        self.fine = None if fine is None else nn.Conv2d(fine, channels, kernel_size=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, coarse: Map, fine: Map | None) -> Map:
        """(B, channels, h, w) of the finer map's size."""
        joined: Tensor = self.coarse(coarse)
        if self.fine is not None and fine is not None:
            size = (fine.shape[2], fine.shape[3])
            joined = nn.functional.interpolate(joined, size=size, mode="nearest") + self.fine(fine)
        return torch.relu(self.norm(joined))
