"""Cross-entropy in which rare classes count more."""

from jaxtyping import Float
from torch import Tensor

from striate.losses.cross_entropy import ClassificationLosses
from striate.losses.targets import targets
from striate.shapes import Labels, Logits


def weighted_cross_entropy(
    logits: Logits,
    labels: Labels | Float[Tensor, "B K"],
    smoothing: float,
    weights: Float[Tensor, " K"],
) -> ClassificationLosses:
    """Cross-entropy where every class counts by its weight; with mean weight 1 the scale stays.

    Args:
        logits: (B, K), larger is better.
        labels: (B,) in 0..K-1, or (B, K) shares of the classes.
        smoothing: share of the target that is spread evenly over all K classes, in [0, 1).
        weights: of the classes.
    """
    log_probabilities = logits.float().log_softmax(dim=1)
    classes = logits.shape[1]
    weight = targets(labels, classes, 0.0) @ weights.to(logits.device)
    each = -(targets(labels, classes, smoothing) * log_probabilities).sum(dim=1)
    return ClassificationLosses((weight * each).mean())
