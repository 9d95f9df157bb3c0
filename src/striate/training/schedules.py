"""Learning-rate schedules: pure functions of the step, so they have no state to save.

The one exception is `Plateau`, which looks at validation; its two counters are in the training's position.
"""

from math import cos, pi
from typing import assert_never

from striate.hyperparameters import (
    Constant,
    Cosine,
    Number,
    OneCycle,
    Plateau,
    Polynomial,
    Schedule,
    Staircase,
    StepDecay,
)
from striate.training.position import Position


def rate_factor(
    schedule: Schedule, step: int, steps: int, epoch_steps: int, *, warm_up: Number = 0, drops: int = 0
) -> float:
    """What the peak rate is multiplied by in one step.

    Milestones count from the stage's start; curves begin where the warm-up ends.

    Args:
        schedule: its shape.
        step: steps of the stage before this one.
        steps: steps of the whole stage.
        epoch_steps: steps of an epoch.
        warm_up: epochs over which the rate first rises along a straight line.
        drops: how often a plateau has lowered the rate.
    """
    rise = round(warm_up * epoch_steps)
    done = max(0, step - rise) / max(1, steps - rise)
    factor = _factor(schedule, step, done, steps, epoch_steps, drops)
    return factor * (step + 1) / (rise + 1) if step < rise else factor


def _factor(schedule: Schedule, step: int, done: float, steps: int, epoch_steps: int, drops: int) -> float:
    match schedule:
        case Constant():
            found: Number = 1.0
        case StepDecay(milestones, factor, unit):
            now = step / {"steps": 1, "epochs": epoch_steps, "stage": steps}[unit]
            found = factor ** sum(now >= milestone for milestone in milestones)
        case Staircase(every, factor):
            found = factor ** (step // (every * epoch_steps))
        case Plateau(factor):
            found = factor**drops
        case Cosine(last):
            found = _cosine(1.0, last, done)
        case Polynomial(power):
            found = (1 - done) ** power
        case OneCycle(rise, first, last) if done < rise:
            found = _cosine(first, 1.0, done / rise)
        case OneCycle(rise, first, last):
            found = _cosine(1.0, last, (done - rise) / (1 - rise))
        case _:
            assert_never(schedule)
    return float(found)


def watch_plateau(schedule: Schedule, position: Position, *, best: bool) -> None:
    """Count an epoch without a better score; after `patience` of them the rate drops."""
    if not isinstance(schedule, Plateau):
        return
    position.waited = 0 if best else position.waited + 1
    if position.waited >= schedule.patience and position.drops < schedule.drops:
        position.drops, position.waited = position.drops + 1, 0


def _cosine(start: Number, end: Number, share: Number) -> float:
    return float(end + (start - end) * (1 + cos(pi * share)) / 2)
