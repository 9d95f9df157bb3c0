"""Local response normalisation written out: a channel is damped by the energy of its neighbours.

Source: Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012,
section 3.3. torch's `local_response_norm` divides alpha by n: give it n * alpha.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def response_norm(
    maps: Float[Tensor, "B C *size"], n: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75
) -> Float[Tensor, "B C *size"]:
    """a_i / (k + alpha * sum of a_j^2 over j from i - n/2 to i + n/2) ^ beta at every pixel.

    Args:
        n: how many neighbouring channels count, the channel itself included.
        k, alpha, beta: constants; the defaults are the paper's.
    """
    channels, reach = maps.shape[1], n // 2
    damped = []
    for i in range(channels):
        near = maps[:, max(0, i - reach) : min(channels, i + reach + 1)]
        damped.append(maps[:, i] / (k + alpha * near.square().sum(dim=1)) ** beta)
    return torch.stack(damped, dim=1)
