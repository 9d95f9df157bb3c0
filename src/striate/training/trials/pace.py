"""How long a training will take: a few steps of every stage, on copies, that leave nothing behind."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import count
from statistics import mean
from time import perf_counter
from typing import Any

import torch
from torch import nn

from striate.data.sample import Batch
from striate.training.devices.fabric import Fabric
from striate.training.one_step import OneStep
from striate.training.stages import Stage

WARM = 2  # steps; the first ones reserve memory and choose kernels
LEAST, MOST, SECONDS = 5, 50, 1.0  # timed steps: of quick ones more, until they took a second


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a stage takes for its parts.

    Attributes:
        step: one training step.
        picture: judging one picture between two epochs.
        epoch: what an epoch's end takes besides, writing the best weights.
    """

    step: float
    picture: float
    epoch: float = 0.0


NO_TIME = Pace(0.0, 0.0)  # of stages that are computed at once


@contextmanager
def on_a_copy(fabric: Fabric, stage: Stage) -> Iterator[tuple[Stage, OneStep]]:
    """The stage with a copy of its step, and what takes steps with that; torch's random state is kept."""
    with torch.random.fork_rng(devices=[]):
        copied = replace(stage, step=deepcopy(stage.step))
        copied.freeze()
        step, optimizer = fabric.setup(copied.step, copied.new_optimizer())
        copied.train_mode()
        yield copied, OneStep(fabric, step, optimizer, copied.clip)


def endless(batches: Any) -> Iterator[Batch]:
    """Batches of epoch 0, 1, 2 and so on."""
    for number in count():
        yield from batches.epoch(number)


def measure_pace(
    fabric: Fabric,
    stages: Sequence[Stage],
    batches: Any,
    judged: Batch,
    clock: Callable[[], float] = perf_counter,
) -> list[Pace]:
    """The pace of every stage on this machine, reading and augmenting its batches included.

    Args:
        fabric: device and precision.
        stages: what would be trained.
        batches: the training pictures.
        judged: a batch as validation has them.
        clock: seconds.
    """
    return [
        NO_TIME
        if stage.fit_closed_form is not None
        else _pace(fabric, stage, *_shown(stage, batches, judged), clock)
        for stage in stages
    ]


def _shown(stage: Stage, batches: Any, judged: Batch) -> tuple[Any, Batch]:
    """What a stage learns from and is judged on: pictures, or their features."""
    if stage.batches is None:
        return batches, judged
    return stage.batches, next(iter(stage.batches.epoch(0)))


def _pace(fabric: Fabric, stage: Stage, batches: Any, judged: Batch, clock: Callable[[], float]) -> Pace:
    with on_a_copy(fabric, stage) as (copied, one_step):
        times: list[float] = []
        began = clock()
        for batch in endless(batches):
            one_step.take(batch)
            ended = clock()
            times.append(ended - began)
            began = ended
            timed = times[WARM:]
            enough = len(timed) >= MOST or (len(timed) >= LEAST and sum(timed) >= SECONDS)
            # Every process waits for the others' gradients, so all must stop after the same step.
            if enough if fabric.world_size == 1 else fabric.broadcast(enough):
                break
        copied.step.eval()
        judged = judged.to(fabric.device)
        # The mean, not the median: slow steps, as the first ones after a validation, take their time as well.
        return Pace(mean(timed), _judging(one_step.step, judged, clock))


def _judging(step: nn.Module, judged: Batch, clock: Callable[[], float]) -> float:
    """Seconds a picture, in the second of two passes."""
    with torch.no_grad():
        step(judged)
        began = clock()
        step(judged)
        return (clock() - began) / len(judged)


def seconds_of(paces: Sequence[Pace], lengths: Sequence[int], epoch_steps: int, judged: int) -> float:
    """How long stages of so many steps take, with `judged` validation pictures after every epoch."""
    total = 0.0
    for pace, steps in zip(paces, lengths, strict=False):
        epochs = -(-steps // epoch_steps)
        total += steps * pace.step + epochs * (judged * pace.picture + pace.epoch)
    return total


def epochs_within(seconds: float, cost: Callable[[int], float], most: int = 100_000) -> int:
    """The largest number of epochs, at least 1, whose `cost` is at most `seconds`; cost grows with epochs."""
    low, high = 1, 2
    while high < most and cost(high) <= seconds:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cost(middle) <= seconds else (low, middle)
    return low
