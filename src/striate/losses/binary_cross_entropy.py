"""Sigmoid cross-entropy for a network with one output that tells two classes apart.

The output z decodes as the pair of logits [0, z]: softmax over that pair is (1 - sigmoid(z), sigmoid(z)), so
the loss equals softmax cross-entropy on it.
"""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from striate.losses.cross_entropy import ClassificationLosses
from striate.shapes import Labels


def binary_cross_entropy(
    logits: Float[Tensor, "B 1"], labels: Labels | Float[Tensor, "B 2"], smoothing: float = 0.0
) -> ClassificationLosses:
    """Mean of -log of the probability given to the label.

    Args:
        logits: (B, 1), positive for class 1.
        labels: (B,) 0 or 1, or (B, 2) shares of the two classes in mixed pictures.
        smoothing: share of the target that is spread evenly over both classes, in [0, 1).
    """
    z = logits.float().squeeze(1)
    ones = labels[:, 1] if labels.dim() == 2 else labels
    target = ones.to(z.dtype) * (1 - smoothing) + smoothing / 2
    return ClassificationLosses((F.softplus(z) - target * z).mean())
