"""Labels as shares of the classes, which is what losses compare probabilities with."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from striate.shapes import Labels


def targets(labels: Labels | Float[Tensor, "B K"], classes: int, smoothing: float) -> Float[Tensor, "B K"]:
    """Shares of the classes, (B, K), a part of them spread evenly."""
    shares = labels if labels.dim() == 2 else F.one_hot(labels, classes).float()
    smoothed: Tensor = (1 - smoothing) * shares + smoothing / classes
    return smoothed
