"""Focal loss: cross-entropy whose easy pictures count little.

Source: Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, equation 4, arXiv:1708.02002.
Differs: softmax over the classes instead of a sigmoid for each, because a picture has one class.
"""

from jaxtyping import Float
from torch import Tensor

from striate.losses.cross_entropy import ClassificationLosses
from striate.losses.targets import targets
from striate.shapes import Labels, Logits

GAMMA = 2.0  # the paper's


def focal_loss(
    logits: Logits, labels: Labels | Float[Tensor, "B K"], smoothing: float = 0.0, gamma: float = GAMMA
) -> ClassificationLosses:
    """Mean of (1 - p)^gamma times -log p over the classes that a picture shows.

    Args:
        logits: (B, K), larger is better.
        labels: (B,) in 0..K-1, or (B, K) shares of the classes.
        smoothing: share of the target that is spread evenly over all K classes, in [0, 1).
        gamma: 0 is cross-entropy; larger leaves out more of what is easy.
    """
    log_probabilities = logits.float().log_softmax(dim=1)
    target = targets(labels, logits.shape[1], smoothing)
    hard = (1 - log_probabilities.exp()) ** gamma
    return ClassificationLosses(-(target * hard * log_probabilities).sum(dim=1).mean())
