"""What more pictures would bring: the error as a power of the number of training pictures, with an interval.

Source: Hestness et al., "Deep Learning Scaling is Predictable, Empirically", 2017, arXiv:1712.00409 (the
power law); Efron, "Bootstrap Methods", Annals of Statistics 1979 (the interval)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool
from torch import Tensor

DRAWS = 1000
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Growth:
    """Expected accuracy at a number of training pictures, and between what it lies in 95 of 100 redraws."""

    pictures: int
    accuracy: float
    interval: tuple[float, float]


def expected_growth(
    pictures: Sequence[int], right: Sequence[Bool[Tensor, "_ N"]], wanted: Sequence[int], seed: int = 0
) -> list[Growth]:
    """Fit error = b * pictures ** -c to measured points and read it at other numbers of pictures.

    The interval comes from drawing the measured pictures anew, with repetition, the same ones for every
    point; it holds the luck with the test pictures and not that the law may be wrong.

    Args:
        pictures: training pictures of every point, two or more.
        right: for every point whether each of N measured pictures was right, once for each of R repetitions.
        wanted: numbers of training pictures.
        seed: of the draws.
    """
    answers = [point.double().mean(dim=0).numpy() for point in right]
    generator = np.random.default_rng(seed)
    count = len(answers[0])
    fitted = _curve(pictures, [float(a.mean()) for a in answers], count, wanted)
    draws = np.empty((DRAWS, len(wanted)))
    for number in range(DRAWS):
        chosen = generator.integers(0, count, count)
        draws[number] = _curve(pictures, [float(a[chosen].mean()) for a in answers], count, wanted)
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    return [
        Growth(n, float(value), (float(a), float(b)))
        for n, value, a, b in zip(wanted, fitted, low, high, strict=True)
    ]


def _curve(pictures: Sequence[int], accuracies: Sequence[float], count: int, wanted: Sequence[int]) -> Values:
    """Accuracies of the least-squares line through the logarithms; no error is below half a picture's."""
    errors = np.maximum(1 - np.array(accuracies), 0.5 / count)
    slope, start = np.polyfit(np.log(pictures), np.log(errors), 1)
    if slope > 0:  # more pictures do no harm
        slope, start = 0.0, np.log(errors).mean()
    found: Values = 1 - np.minimum(1.0, np.exp(start + slope * np.log(wanted)))
    return found
