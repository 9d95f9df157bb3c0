"""Learning-rate schedules: pure functions of how far the stage is, so they have no state to save.

Each takes `done` in [0, 1] (share of the stage's steps taken before this one) and returns the factor of the
peak rate.
"""

from collections.abc import Callable
from math import cos, pi

Schedule = Callable[[float], float]

WARM_UP = 0.3
FIRST, LAST = 1 / 25, 1e-5


def one_cycle(done: float) -> float:
    """Up from 1/25 over the first 30 %, then down to 1e-5, both along a cosine.

    Source: Smith, "A disciplined approach to neural network hyper-parameters", 2018, arXiv:1803.09820.
    """
    if done < WARM_UP:
        return _cosine(FIRST, 1.0, done / WARM_UP)
    return _cosine(1.0, LAST, (done - WARM_UP) / (1 - WARM_UP))


def constant(done: float) -> float:
    """The peak rate throughout."""
    return 1.0 if 0 <= done <= 1 else 0.0


SCHEDULES: dict[str, Schedule] = {"one_cycle": one_cycle, "constant": constant}


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + cos(pi * share)) / 2
