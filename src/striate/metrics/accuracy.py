"""Accuracy, top-k accuracy and the interval that belongs to every share of n pictures."""

from math import sqrt

from jaxtyping import Bool
from torch import Tensor

from striate.shapes import Labels, Logits

Z_95 = 1.959963984540054  # 97.5 % quantile of the normal distribution


def hits(scores: Logits, labels: Labels, k: int = 1) -> Bool[Tensor, " B"]:
    """Whether each picture's label is among its k best scores. Ties go to the lower class index."""
    best = scores.sort(dim=1, descending=True, stable=True).indices[:, :k]
    return (best == labels[:, None]).any(dim=1)


def wilson_interval(right: int, n: int) -> tuple[float, float]:
    """95 % interval of the share right / n.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
    """
    if n == 0:
        return (0.0, 1.0)
    share = right / n
    centre = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 / (1 + Z_95**2 / n) * sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    # At 0 and n right, rounding would leave the share just outside.
    return (max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))
