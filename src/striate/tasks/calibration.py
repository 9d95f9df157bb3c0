"""Temperature scaling: one number that makes confidence mean what it says, fitted on validation.

Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2; smoothed targets from
Platt, "Probabilistic Outputs for Support Vector Machines", 1999, section 2.2; the interval is that of the
likelihood ratio, Wilks, Annals of Mathematical Statistics 1938.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from striate.losses.cross_entropy import cross_entropy
from striate.shapes import Labels, Logits

HOTTEST = 20.0  # scores of a network that knows nothing are divided by at most this
HALF_CHI_SQUARE_95 = 1.920729  # half of the 95 % quantile of chi-square with one degree of freedom


def fit_temperature(scores: Logits, labels: Labels) -> float:
    """The T that minimises the cross-entropy of scores / T.

    Args:
        scores: (N, K) logits of pictures that did not train the network.
        labels: (N,).

    Returns:
        T in [1/20, 20]; 1 where there are no pictures. The order of the classes, and so the accuracy, stays.
    """
    if len(labels) == 0:
        return 1.0
    loss, bound = _loss(scores, labels), float(np.log(HOTTEST))
    found = minimize_scalar(loss, bounds=(-bound, bound), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def temperature_interval(scores: Logits, labels: Labels) -> tuple[float, float]:
    """Between which temperatures the true one lies, in 95 of 100 cases: what so few pictures can tell.

    Args:
        scores: as for `fit_temperature`.
        labels: (N,).

    Returns:
        Two values in [1/20, 20]; these bounds themselves where there are no pictures.
    """
    if len(labels) == 0:
        return (1 / HOTTEST, HOTTEST)
    loss, bound = _loss(scores, labels), float(np.log(HOTTEST))
    centre = float(np.log(fit_temperature(scores, labels)))
    limit = loss(centre) + HALF_CHI_SQUARE_95 / len(labels)

    def end(far: float) -> float:
        return far if loss(far) <= limit else float(brentq(lambda x: loss(x) - limit, centre, far, xtol=1e-6))

    return (float(np.exp(end(-bound))), float(np.exp(end(bound))))


def _loss(scores: Logits, labels: Labels) -> Callable[[float], float]:
    """Mean cross-entropy in nats as a function of log T."""
    n, classes = scores.shape
    exact = scores.double()
    # A network without a mistake among n pictures is not infinitely sure: the target is (n + 1) / (n + 2).
    smoothing = classes / ((classes - 1) * (n + 2))

    def loss(log_temperature: float) -> float:
        return float(cross_entropy(exact / np.exp(log_temperature), labels, smoothing).total)

    return loss
