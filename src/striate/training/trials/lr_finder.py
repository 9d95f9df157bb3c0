"""A range test: the rate rises from step to step until the loss does; a tenth of the best rate is taken.

Source: Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3,
arXiv:1506.01186. Differs: the rate rises geometrically, and the loss is smoothed.
"""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from striate.errors import WorkFailed
from striate.training.devices.fabric import Fabric, seed_step
from striate.training.stages import Stage
from striate.training.trials.pace import endless, on_a_copy

STEPS = 100
RANGE = 1000.0  # below and above the optimiser's usual rate
KEEP = 0.9  # share of the smoothed loss that every step keeps
BROKEN = 3.0  # times the lowest smoothed loss: the rate is too high
MARGIN = 10.0  # the rate with the lowest loss over the rate that is taken


@dataclass(frozen=True, slots=True)
class RangeTest:
    """Rates that were tried with their smoothed losses, the rate with the lowest one, and the one chosen."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    lowest: float
    chosen: float


def range_test(fabric: Fabric, stage: Stage, batches: Any, seed: int) -> RangeTest:
    """Find a rate for a stage as it would begin; network, optimiser and random state stay as they are.

    Args:
        fabric: device and precision.
        stage: whose optimiser decides the range.
        batches: the training pictures, from epoch 0 on.
        seed: of dropout.

    Raises:
        WorkFailed: the loss is not finite at any rate.
    """
    rates = [stage.optimizer.usual_lr * RANGE ** (2 * number / (STEPS - 1) - 1) for number in range(STEPS)]
    found: list[float] = []
    with on_a_copy(fabric, stage) as (_, one_step):
        for number, batch in enumerate(islice(endless(batches), STEPS)):
            seed_step(seed, number, fabric)
            seen = one_step.take(batch, rates[number])
            # Here the number may be waited for: the test ends where the loss breaks.
            found.append(float(seen.loss_sum) / seen.pictures)
            smooth = smoothed(found)
            if not smooth[-1] <= BROKEN * min(smooth):
                break
    return choose_rate(rates[: len(found)], found)


def choose_rate(rates: list[float], losses: list[float]) -> RangeTest:
    """The choice from rates and plain losses; a loss that is not finite ends the curve."""
    smooth = smoothed(losses)
    usable = next((i for i, loss in enumerate(smooth) if not loss < float("inf")), len(smooth))
    if not usable:
        raise WorkFailed("the loss is not finite at any rate; look at the pictures with `striate check`.")
    lowest = min(range(usable), key=lambda i: smooth[i])
    best = rates[lowest]
    return RangeTest(tuple(rates[:usable]), tuple(smooth[:usable]), best, float(f"{best / MARGIN:.2g}"))


def smoothed(losses: list[float]) -> list[float]:
    """Running means that forget; early ones are corrected for their short memory."""
    mean, found = 0.0, []
    for number, loss in enumerate(losses, 1):
        mean = KEEP * mean + (1 - KEEP) * loss
        found.append(mean / (1 - KEEP**number))
    return found
