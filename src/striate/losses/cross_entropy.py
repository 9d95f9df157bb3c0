"""Softmax cross-entropy (multinomial logistic loss), with label smoothing and with labels of mixed pictures.

Source: label smoothing from Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, section 7.
"""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from striate.shapes import Labels, Logits, Shares


class ClassificationLosses(NamedTuple):
    """The loss of a batch, averaged over its pictures, in nats."""

    total: Float[Tensor, ""]


def cross_entropy(logits: Logits, labels: Labels | Shares, smoothing: float = 0.0) -> ClassificationLosses:
    """Mean of -log softmax(logits) at the label, or over the classes that a mixed picture shows.

    Args:
        logits: (B, K), larger is better.
        labels: (B,) in 0..K-1, or (B, K) shares of the classes.
        smoothing: share of the target that is spread evenly over all K classes, in [0, 1).
    """
    log_probabilities = logits.float().log_softmax(dim=1)
    if labels.dim() == 2:
        at_label = (log_probabilities * labels).sum(dim=1)
    else:
        at_label = log_probabilities.gather(1, labels[:, None]).squeeze(1)
    everywhere = log_probabilities.mean(dim=1)
    return ClassificationLosses(-((1 - smoothing) * at_label + smoothing * everywhere).mean())
