"""Temperature scaling: one number that makes confidence mean what it says, fitted on validation.

Temperature: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
Criterion: Clarté et al., "Expectation Consistency for Calibration of Neural Networks", UAI 2023: the mean
confidence shall be the share of right answers.
Differs: the share is (right + 1/2) / (n + 1), the mean under Jeffreys' prior, so that a network without a
mistake among few pictures is not made infinitely sure. docs/calibration.md compares criteria.
"""

from collections.abc import Callable
from math import sqrt

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from striate.metrics.accuracy import Z_95, hits
from striate.shapes import Labels, Logits

HOTTEST = 20.0  # scores of a network that knows nothing are divided by at most this
BOUND = float(np.log(HOTTEST))
AT_BOUND = (
    "no temperature makes the probabilities fit {pictures:,} validation pictures: it stands at its bound,"
    " {temperature:g}; trust the answers' order, not their percentages"
)


def fit_temperature(scores: Logits, labels: Labels) -> float:
    """The T with which softmax(scores / T) is on average as sure as it is right.

    Args:
        scores: (N, K) logits of pictures that did not train the network.
        labels: (N,).

    Returns:
        T in [1/20, 20], one of these bounds where no T between them does it; 1 where there are no pictures.
        The order of the classes, and so the accuracy, stays.
    """
    n = len(labels)
    if n == 0:
        return 1.0
    wanted = (int(hits(scores, labels).sum()) + 0.5) / (n + 1)
    confidence = _confidences(scores)
    return _falls_to_zero(lambda x: float(confidence(x).mean()) - wanted, -BOUND, BOUND)


def temperature_interval(scores: Logits, labels: Labels, temperature: float) -> tuple[float, float]:
    """Between which temperatures the true one lies in 95 of 100 cases: what so few pictures can tell.

    A temperature is outside if so many right answers would be too unlikely, were each right as often as its
    confidence says (the score test, which gives Wilson's interval for a plain share).

    Args:
        scores: as for `fit_temperature`.
        labels: (N,).
        temperature: what `fit_temperature` found.

    Returns:
        Two values in [1/20, 20]; these bounds themselves where nothing can be told.
    """
    n = len(labels)
    if n == 0:
        return (1 / HOTTEST, HOTTEST)
    share = float(hits(scores, labels).double().mean())
    confidence, centre = _confidences(scores), float(np.log(temperature))

    def beyond(log_temperature: float, deviations: float) -> float:
        """How far the mean confidence, moved by so many standard deviations, is above the share."""
        sure = confidence(log_temperature)
        deviation = sqrt(float((sure * (1 - sure)).mean()) / n)
        return float(sure.mean()) + deviations * deviation - share

    low = _falls_to_zero(lambda x: beyond(x, -Z_95), -BOUND, centre)
    high = _falls_to_zero(lambda x: beyond(x, Z_95), centre, BOUND)
    return (low, high)


def at_bound(temperature: float) -> bool:
    """Whether the fit ended at the edge of what is allowed: its confidences then do not fit the data."""
    return bool(abs(np.log(temperature)) > BOUND - 1e-3)


def _confidences(scores: Logits) -> Callable[[float], Float[Tensor, " N"]]:
    """The confidence of every answer as a function of log T."""
    exact = scores.double()
    return lambda log_temperature: torch.softmax(exact / np.exp(log_temperature), 1).amax(1)


def _falls_to_zero(excess: Callable[[float], float], low: float, high: float) -> float:
    """exp(x) of the zero of a falling function, or of the end of [low, high] that is nearer to one."""
    if excess(low) <= 0:
        return float(np.exp(low))
    if excess(high) >= 0:
        return float(np.exp(high))
    from scipy.optimize import brentq  # slow to import, and answers need no calibration

    return float(np.exp(brentq(excess, low, high, xtol=1e-6)))
