"""LeNet-5's loss for radial basis outputs: pull the right code near, push the others away unless far.

Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 1998, equation 9
"""

import torch
from torch import Tensor

from striate.losses.cross_entropy import ClassificationLosses
from striate.shapes import Labels, Logits


def discriminative_map(logits: Logits, labels: Labels, j: float = 1.0) -> ClassificationLosses:
    """Mean of y_D + log(e^-j + sum_i e^-y_i), where y_i is the squared distance to class i's code.

    Without the term e^-j this is softmax cross-entropy of -y. With it, classes that are much farther than j
    are no longer pushed, and the right distance goes on falling even when all others are far: without it
    parameters that turn all codes alike could collapse.

    Args:
        logits: (B, K), minus the squared distances.
        labels: (B,) in 0..K-1.
        j: how far is far enough, a squared distance; the paper asks for a positive number and names none.
    """
    scores = logits.float()
    at_label = scores.gather(1, labels[:, None]).squeeze(1)
    rubbish = torch.full_like(at_label, -float(j))  # the class of what is none of them
    everywhere: Tensor = torch.logaddexp(rubbish, scores.logsumexp(dim=1))
    return ClassificationLosses((everywhere - at_label).mean())
