"""Stochastic depth: a residual branch is left out for some pictures while training.

Source: Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016, arXiv:1603.09382, section 3
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

Map = Float[Tensor, "B _ _ _"]


class StochasticDepth(nn.Module):
    """In training mode zeroes a whole picture's map with `probability` and scales the others up for it.

    The paper scales down in eval mode instead; the expected map is the same.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, maps: Map) -> Map:
        if not self.training or self.probability == 0:
            return maps
        kept = torch.rand(len(maps), 1, 1, 1, device=maps.device) >= self.probability
        return maps * kept.to(maps.dtype) / (1 - self.probability)

    def extra_repr(self) -> str:
        return f"probability={self.probability:g}"


def rising(highest: float, blocks: int) -> list[float]:
    """Probabilities for `blocks` blocks in a row: 0 for the first, `highest` for the last (figure 2)."""
    return [highest * number / (blocks - 1) for number in range(blocks)]
