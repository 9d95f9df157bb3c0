"""Answering only where it is sure: what is answered (coverage) and how often that is right.

Source: Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", NeurIPS 2017; the rule of
succession is Laplace's, 1774.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from striate.metrics.accuracy import wilson_interval


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """What an abstention threshold gives.

    Attributes:
        threshold: answers of at least this confidence count; the others are "unsure".
        coverage: share of the pictures that get an answer.
        pictures: how many those are.
        accuracy: share of the answers that is right; None without an answer.
        interval: its 95 % interval.
    """

    threshold: float
    coverage: float
    pictures: int
    accuracy: float | None
    interval: tuple[float, float]


def coverage_at(
    confidence: Float[Tensor, " N"], right: Bool[Tensor, " N"], threshold: float | int
) -> CoveragePoint:
    """Coverage and accuracy of the answers of at least `threshold`."""
    kept = confidence >= threshold
    count, hits = int(kept.sum()), int((kept & right).sum())
    return CoveragePoint(
        threshold=float(threshold),
        coverage=count / len(confidence) if len(confidence) else 0.0,
        pictures=count,
        accuracy=hits / count if count else None,
        interval=wilson_interval(hits, count),
    )


def coverage_curve(
    confidence: Float[Tensor, " N"], right: Bool[Tensor, " N"], points: int = 20
) -> list[CoveragePoint]:
    """Points from full coverage down to the surest answers, about equally far apart in coverage.

    Answers of equal confidence are kept or refused together.
    """
    if len(confidence) == 0:
        return []
    falling = confidence.sort(descending=True).values
    counts = torch.linspace(len(falling), len(falling) / points, points).round().long().clamp(min=1)
    thresholds = dict.fromkeys(falling[counts - 1].tolist())  # in order, each once
    return [coverage_at(confidence, right, threshold) for threshold in thresholds]


def threshold_for(confidence: Sequence[float], right: Sequence[bool], wanted: float | int) -> float | None:
    """The lowest confidence from which on answers are right often enough.

    Of n answers with k right, (k + 1) / (n + 2) must reach `wanted`: three right answers of three promise
    80 %, not 100 %.

    Args:
        confidence: of answers to pictures that did not train the network.
        right: whether each is right.
        wanted: share of right answers, in (0, 1).

    Returns:
        A threshold for `coverage_at`, one of the confidences; None if no threshold reaches `wanted`.
    """
    ordered = sorted(zip(confidence, right, strict=True), key=lambda pair: -pair[0])
    best, hits = None, 0
    for count, (value, hit) in enumerate(ordered, start=1):
        hits += bool(hit)
        last_of_equals = count == len(ordered) or ordered[count][0] < value
        if last_of_equals and (hits + 1) / (count + 2) >= wanted:
            best = value
    return best


def pictures_needed(wanted: float | int) -> int:
    """How many answers, all right, `threshold_for` needs before it can promise `wanted`."""
    count = 1
    while (count + 1) / (count + 2) < wanted:
        count += 1
    return count
