"""Schedules: papers' milestones by hand, curves against torch's own, warm-up, and what a plateau does."""

import math
from typing import get_args

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, PolynomialLR

from striate.hyperparameters import (
    Constant,
    Cosine,
    OneCycle,
    Plateau,
    Polynomial,
    Schedule,
    Staircase,
    StepDecay,
)
from striate.training.position import Position
from striate.training.schedules import rate_factor, watch_plateau


def factors(schedule, steps, epoch_steps=10, **more):
    return [rate_factor(schedule, step, steps, epoch_steps, **more) for step in range(steps)]


def torchs(kind, steps, **more):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.9)
    scheduler, found = kind(optimizer, **more), []
    for _ in range(steps):
        found.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return found


@pytest.mark.parametrize("steps", [10, 100, 1000])
def test_one_cycle_has_the_shape_of_torchs(steps):
    theirs = torchs(
        OneCycleLR, steps, max_lr=1.0, total_steps=steps + 1, pct_start=0.3, final_div_factor=1e5 / 25
    )
    # Theirs warms up to the end of step 0.3 n - 1; ours is a function of the share that is done.
    assert factors(OneCycle(), steps) == pytest.approx(theirs, abs=4 / steps)


def test_cosine_and_polynomial_are_torchs():
    assert factors(Cosine(), 50) == pytest.approx(torchs(CosineAnnealingLR, 50, T_max=50))
    theirs = torchs(PolynomialLR, 50, total_iters=50, power=0.5)
    assert factors(Polynomial(power=0.5), 50) == pytest.approx(theirs)


def test_resnets_milestones_on_cifar_are_at_32k_and_48k_steps():
    schedule = StepDecay((32_000, 48_000), unit="steps")
    rates = [
        0.1 * rate_factor(schedule, step, 64_000, 352) for step in (0, 31_999, 32_000, 47_999, 48_000, 63_999)
    ]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


def test_milestones_in_epochs_and_shares():
    in_epochs = factors(StepDecay((2, 3), 0.5, "epochs"), 40)
    assert in_epochs == [1.0] * 20 + [0.5] * 10 + [0.25] * 10
    assert factors(StepDecay((0.5, 0.75), 0.5, "stage"), 40) == in_epochs


def test_googlenet_loses_four_percent_every_eight_epochs():
    found = factors(Staircase(8, 0.96), 240, epoch_steps=10)
    assert found == [0.96 ** (step // 80) for step in range(240)]


def test_the_peak_is_reached_and_the_ends_are_low():
    assert rate_factor(OneCycle(), 0, 100, 10) == pytest.approx(1 / 25)
    assert rate_factor(OneCycle(), 30, 100, 10) == pytest.approx(1.0)
    assert rate_factor(OneCycle(), 100, 100, 10) == pytest.approx(1e-5)


def test_warm_up_rises_in_a_line_and_the_curve_begins_after_it():
    found = factors(Cosine(), 60, warm_up=2)
    assert found[:20] == pytest.approx([(step + 1) / 21 for step in range(20)])
    assert found[20:] == pytest.approx([(1 + math.cos(math.pi * step / 40)) / 2 for step in range(40)])
    steep = factors(StepDecay((3,), 0.1, "epochs"), 60, warm_up=1)
    assert steep[9] == pytest.approx(10 / 11) and steep[10] == steep[29] == 1.0 and steep[30] == 0.1


def test_a_plateau_drops_after_its_patience_and_only_so_often():
    schedule, position, found = Plateau(factor=0.1, patience=2, drops=2), Position(), []
    for best in (True, False, False, False, True, False, False, False, False):
        watch_plateau(schedule, position, best=best)
        found.append(rate_factor(schedule, 0, 10, 10, drops=position.drops))
    # The second wait begins anew after the drop, and again at the better score.
    assert found == pytest.approx([1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01])
    watch_plateau(Constant(), position, best=False)
    assert position.drops == 2


@pytest.mark.parametrize("kind", get_args(Schedule))
def test_every_schedule_stays_between_nothing_and_the_peak(kind):
    found = factors(kind(), 97, epoch_steps=7, warm_up=1.5)
    assert all(0 <= factor <= 1 for factor in found) and max(found) > 0.9
