"""Expected calibration error: how far confidence is from accuracy, and how far chance alone brings it.

Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3; the simulation of a
calibrated network follows the consistency test of Bröcker and Smith, "Increasing the Reliability of
Reliability Diagrams", Weather and Forecasting 2007.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from striate.metrics.accuracy import wilson_interval
from striate.shapes import Labels

BINS = 15
LARGE = 5000  # pictures from which on fewer simulations are as exact


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers of similar confidence.

    Attributes:
        low, high: the least and the largest confidence among them.
        pictures: how many they are, at least one.
        confidence: their mean confidence.
        accuracy: the share of them that is right.
        interval: 95 % interval of that share.
    """

    low: float
    high: float
    pictures: int
    confidence: float
    accuracy: float
    interval: tuple[float, float]


def expected_calibration_error(
    probabilities: Float[Tensor, "B K"], labels: Labels, bins: int = BINS
) -> float:
    """Mean of |accuracy - confidence| over equally wide bins of confidence, weighted by their pictures.

    Args:
        probabilities: (B, K), rows sum to 1.
        labels: (B,).
        bins: how many; a confidence on a border belongs to the lower bin.

    Returns:
        A value in [0, 1]; 0 for no pictures.
    """
    if len(labels) == 0:
        return 0.0
    confidence, answer = probabilities.double().max(dim=1)
    return _error(confidence, answer == labels, _bin_of(confidence, bins), bins)


def calibration_error_by_chance(
    confidence: Float[Tensor, " N"], seed: int = 0, bins: int = BINS
) -> tuple[float, float]:
    """The calibration error that a perfectly calibrated network shows on as many pictures.

    Every answer is right with exactly the probability that it states, simulated many times. With few pictures
    this is far from 0, because a bin with three of them cannot be 80 % right.

    Args:
        confidence: (N,) of the answers, in [0, 1].
        seed: decides the simulations.

    Returns:
        Its mean, and what it exceeds in 5 of 100 cases. (0, 0) for no pictures.
    """
    if len(confidence) == 0:
        return (0.0, 0.0)
    confidence = confidence.double()
    bin_of = _bin_of(confidence, bins)
    generator = torch.Generator().manual_seed(seed)
    draws = 1000 if len(confidence) <= LARGE else 200
    errors = [
        _error(
            confidence,
            torch.rand(len(confidence), generator=generator, dtype=torch.float64) < confidence,
            bin_of,
            bins,
        )
        for _ in range(draws)
    ]
    found = torch.tensor(errors, dtype=torch.float64)
    return float(found.mean()), float(found.quantile(0.95))


def reliability_bins(
    confidence: Float[Tensor, " N"], right: Bool[Tensor, " N"], most: int = 10, each: int = 20
) -> list[ReliabilityBin]:
    """Answers by rising confidence, in bins of equally many pictures.

    Equally wide bins leave some with two pictures and some with most; these differ by one at most.

    Args:
        confidence: (N,).
        right: (N,) whether the answer is right.
        most: how many bins at most.
        each: pictures in a bin, if there are enough for two bins.
    """
    order = confidence.double().argsort(stable=True)
    count = max(1, min(most, len(order) // each))
    found = []
    for chosen in order.tensor_split(count):
        if len(chosen) == 0:
            continue
        values, hits = confidence[chosen].double(), int(right[chosen].sum())
        found.append(
            ReliabilityBin(
                low=float(values[0]),
                high=float(values[-1]),
                pictures=len(chosen),
                confidence=float(values.mean()),
                accuracy=hits / len(chosen),
                interval=wilson_interval(hits, len(chosen)),
            )
        )
    return found


def _bin_of(confidence: Float[Tensor, " N"], bins: int) -> Int64[Tensor, " N"]:
    return (confidence * bins).ceil().long().clamp(1, bins) - 1


def _error(
    confidence: Float[Tensor, " N"], right: Bool[Tensor, " N"], bin_of: Int64[Tensor, " N"], bins: int
) -> float:
    surplus = torch.zeros(bins, dtype=torch.float64).index_add_(0, bin_of, right.double() - confidence)
    return float(surplus.abs().sum() / len(confidence))
