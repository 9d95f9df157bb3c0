"""Temperature scaling: one number that makes confidence mean what it says, fitted on validation.

Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2; smoothed targets from
Platt, "Probabilistic Outputs for Support Vector Machines", 1999, section 2.2.
"""

import numpy as np
from scipy.optimize import minimize_scalar

from striate.losses.cross_entropy import cross_entropy
from striate.shapes import Labels, Logits

HOTTEST = 20.0  # scores of a network that knows nothing are divided by at most this


def fit_temperature(scores: Logits, labels: Labels) -> float:
    """The T that minimises the cross-entropy of scores / T.

    Args:
        scores: (N, K) logits of pictures that did not train the network.
        labels: (N,).

    Returns:
        T in [1/20, 20]; 1 where there are no pictures. The order of the classes, and so the accuracy, stays.
    """
    n, classes = scores.shape
    if n == 0:
        return 1.0
    exact = scores.double()
    # A network without a mistake among n pictures is not infinitely sure: the target is (n + 1) / (n + 2).
    smoothing = classes / ((classes - 1) * (n + 2))

    def loss(log_temperature: float) -> float:
        return float(cross_entropy(exact / np.exp(log_temperature), labels, smoothing).total)

    bound = float(np.log(HOTTEST))
    found = minimize_scalar(loss, bounds=(-bound, bound), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))
