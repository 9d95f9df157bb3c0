"""Local response normalisation with the constants of the AlexNet paper, as a layer."""

from torch import nn


class ResponseNorm(nn.LocalResponseNorm):
    """a_i / (k + alpha * sum of a_j^2 over n neighbouring channels) ^ beta; see `ops/response_norm.py`.

    torch divides alpha by n, the paper does not, so torch is given n * alpha.
    """

    def __init__(self, n: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75) -> None:
        super().__init__(n, alpha=n * alpha, beta=beta, k=k)
