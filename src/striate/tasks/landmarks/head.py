"""The head of landmarks: for every point one map that says where to look.

Source: Nibali et al., "Numerical Coordinate Regression with Convolutional Neural Networks", 2018,
arXiv:1801.07372 (a softmax over places for each point, and the mean place under it)
Differs: every place also says how far the point is beside its own middle, as its cells are large; a flag and
a visibility are read at the same places.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from striate.layers.looking import JoinedMaps, mean_places
from striate.models.backbone import Map, initialise_head

CHANNELS = 64


class LandmarksHead(nn.Module):
    """From maps, coarsest first, to (flag, x_1, y_1, ..., x_n, y_n, v_1, ..., v_n); flag and v are logits."""

    def __init__(self, depths: Sequence[int], points: int) -> None:
        super().__init__()
        self.points = points
        self.maps = JoinedMaps(depths, CHANNELS)
        self.scores = nn.Conv2d(CHANNELS, points, kernel_size=1)
        self.outputs = nn.Conv2d(CHANNELS, 4 * points, kernel_size=1)  # dx, dy, visible, there
        for layer in (self.scores, self.outputs):
            initialise_head(layer)

    def forward(self, maps: Sequence[Map]) -> Tensor:
        """(B, 1 + 3 n)."""
        hidden = self.maps(maps)
        height, width = hidden.shape[2:]
        weights = self.scores(hidden).flatten(2).softmax(dim=2)  # (B, n, L)
        every = self.outputs(hidden).flatten(2).unflatten(1, (self.points, 4))  # (B, n, 4, L)
        said = (every * weights[:, :, None]).sum(dim=3)  # (B, n, 4)
        places = mean_places(weights, height, width) + said[:, :, :2]
        flag = said[:, :, 3].mean(dim=1, keepdim=True)
        return torch.cat([flag, places.flatten(1), said[:, :, 2]], dim=1)
