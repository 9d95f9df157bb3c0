"""LeNet's subsampling: two trained numbers a map.

Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 1998, section II.B
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class TrainableSubsampling(nn.Module):
    """coefficient * (sum of a window) + bias, a coefficient and a bias for every map.

    The coefficient starts at 1 / cells, so that it starts as an average.
    """

    def __init__(self, channels: int, side: int = 2) -> None:
        super().__init__()
        self.side = side
        self.coefficient = nn.Parameter(torch.full((channels,), 1 / side**2))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, maps: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C h w"]:
        total = F.avg_pool2d(maps, self.side, divisor_override=1)
        return self.coefficient.view(1, -1, 1, 1) * total + self.bias.view(1, -1, 1, 1)

    def extra_repr(self) -> str:
        """What `print(network)` shows."""
        return f"{len(self.bias)}, side={self.side}"
