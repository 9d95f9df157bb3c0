"""Temperature scaling: one number that makes confidence mean what it says, fitted on validation.

Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2; smoothed targets from
Platt, "Probabilistic Outputs for Support Vector Machines", 1999, section 2.2.
Differs: T minimises the score of Brier, "Verification of forecasts expressed in terms of probability",
Monthly Weather Review 1950, instead of cross-entropy. A few confident mistakes dominate cross-entropy, and
then T makes all other answers less sure than they are right; docs/calibration.md has the figures.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional as F

from striate.metrics.accuracy import Z_95
from striate.shapes import Labels, Logits

HOTTEST = 20.0  # scores of a network that knows nothing are divided by at most this
BOUND = float(np.log(HOTTEST))
STEP = 1e-3  # of log T, for derivatives


def fit_temperature(scores: Logits, labels: Labels) -> float:
    """The T that minimises the Brier score of softmax(scores / T).

    Args:
        scores: (N, K) logits of pictures that did not train the network.
        labels: (N,).

    Returns:
        T in [1/20, 20]; 1 where there are no pictures. The order of the classes, and so the accuracy, stays.
    """
    if len(labels) == 0:
        return 1.0
    brier = _brier_scores(scores, labels)
    found = minimize_scalar(
        lambda x: float(brier(x).mean()), bounds=(-BOUND, BOUND), method="bounded", options={"xatol": 1e-6}
    )
    return float(np.exp(found.x))


def temperature_interval(scores: Logits, labels: Labels, temperature: float) -> tuple[float, float]:
    """Between which temperatures the true one lies in 95 of 100 cases: what so few pictures can tell.

    From the spread of the single pictures' wishes for another temperature (an M-estimator's variance: Huber,
    Fifth Berkeley Symposium 1967).

    Args:
        scores: as for `fit_temperature`.
        labels: (N,).
        temperature: what `fit_temperature` found.

    Returns:
        Two values in [1/20, 20]; these bounds themselves where nothing can be told.
    """
    if len(labels) == 0:
        return (1 / HOTTEST, HOTTEST)
    brier, centre = _brier_scores(scores, labels), float(np.log(temperature))
    lower, here, upper = brier(centre - STEP), brier(centre), brier(centre + STEP)
    slopes = (upper - lower) / (2 * STEP)
    curvature = float((upper - 2 * here + lower).mean()) / STEP**2
    if curvature <= 0:
        return (1 / HOTTEST, HOTTEST)
    half = Z_95 * float(slopes.square().mean().sqrt()) / curvature / np.sqrt(len(labels))
    low, high = max(-BOUND, centre - half), min(BOUND, centre + half)
    return (float(np.exp(low)), float(np.exp(high)))


def _brier_scores(scores: Logits, labels: Labels) -> Callable[[float], Float[Tensor, " N"]]:
    """The Brier score of every picture as a function of log T."""
    n, classes = scores.shape
    exact = scores.double()
    # A network without a mistake among n pictures is not infinitely sure: the target is (n + 1) / (n + 2).
    rest = 1 / (n + 2) / (classes - 1)
    wanted = F.one_hot(labels, classes).double() * (1 - rest * classes) + rest

    def brier(log_temperature: float) -> Float[Tensor, " N"]:
        return (torch.softmax(exact / np.exp(log_temperature), 1) - wanted).square().sum(1)

    return brier
