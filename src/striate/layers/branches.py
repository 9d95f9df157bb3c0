"""Branches side by side: one input, several paths, maps put one after the other.

Source: Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, arXiv:1409.4842, figure 2
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

Map = Float[Tensor, "B _ _ _"]


class Branches(nn.ModuleDict):
    """Named branches that read the same map; their outputs must agree in height and width."""

    def forward(self, maps: Map) -> Map:
        """Outputs (B, sum of the branches' channels, H', W'), in the order of the names given."""
        return torch.cat([branch(maps) for branch in self.values()], dim=1)
