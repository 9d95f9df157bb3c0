"""Radial basis outputs: the nearer a picture's vector to a class's code, the larger the logit.

Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 1998, equation 7
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class RadialBasis(nn.Module):
    """Minus the squared distance to the code of every class: -sum_j (x_j - w_ij)^2, largest where it is near.

    The codes are fixed: they are saved, but neither trained nor counted as parameters.
    """

    def __init__(self, codes: Float[Tensor, "K D"]) -> None:
        super().__init__()
        self.register_buffer("weight", codes)
        self.weight: Tensor
        self.out_features, self.in_features = codes.shape

    def forward(self, vectors: Float[Tensor, "B D"]) -> Float[Tensor, "B K"]:
        return -(vectors[:, None] - self.weight).square().sum(dim=2)

    def extra_repr(self) -> str:
        """What `print(network)` shows."""
        return f"{self.in_features}, {self.out_features}"


def random_codes(
    classes: int, length: int, generator: torch.Generator | None = None
) -> Float[Tensor, "classes length"]:
    """A code of -1 and +1 for every class; of 84 numbers, two codes differ in about half."""
    return torch.randint(0, 2, (classes, length), generator=generator, device="cpu").float() * 2 - 1
