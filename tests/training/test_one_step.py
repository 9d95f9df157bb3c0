"""Loop, pace and range test take one and the same step; several processes stop timing together."""

import subprocess
import sys
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.sample import Batch
from striate.hyperparameters import Sgd
from striate.training.devices.depthwise import DepthwiseConvolution
from striate.training.devices.fabric import make_fabric
from striate.training.one_step import OneStep
from striate.training.stages import Stage
from striate.training.trials.lr_finder import range_test
from striate.training.trials.pace import measure_pace


class Total(NamedTuple):
    total: Tensor


class Depthwise(nn.Module):
    """A depthwise convolution and a mean: 4 channels, 2 classes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(4, 4, 3, groups=4)
        self.fc = nn.Linear(4, 2)

    def forward(self, batch: Batch) -> Total:
        return Total(F.cross_entropy(self.fc(self.conv(batch.pictures).mean((2, 3))), batch.labels))


class Given:
    """One batch an epoch."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(1)
        self.batch = Batch(torch.randn(6, 4, 7, 7, generator=generator), torch.arange(6), torch.arange(6) % 2)

    def __len__(self) -> int:
        return 1

    def epoch(self, _: int, first: int = 0):
        return iter([self.batch][first:])


@pytest.fixture
def quick(monkeypatch):
    """How often the quick backward pass of depthwise convolutions was taken."""
    taken = []
    own = DepthwiseConvolution.apply
    monkeypatch.setattr(DepthwiseConvolution, "apply", lambda *call: taken.append(1) or own(*call))
    return taken


def test_the_pace_times_the_quick_backward_pass_that_the_loop_has(quick):
    stage = Stage("all", Depthwise(), 1, 0.1, optimizer=Sgd())
    ticks = iter(range(1000))
    (pace,) = measure_pace(
        make_fabric("cpu", "bf16-mixed"), [stage], Given(), Given().batch, lambda: float(next(ticks))
    )
    assert pace.step == 1.0 and len(quick) == 7  # two to warm up, five that are timed; judging needs none


def test_the_range_test_tries_the_steps_that_the_loop_takes(quick):
    clipped = Stage("all", Depthwise(), 1, 0.1, optimizer=Sgd(momentum=0.0), weight_decay=0.0, clip=1e-6)
    found = range_test(make_fabric("cpu", "bf16-mixed"), clipped, Given(), 0)
    assert len(quick) == len(found.losses) == 100
    # With gradients this short no rate moves the weights: the loss stays what it was.
    assert max(found.losses) - min(found.losses) < 0.01


def test_one_step_is_the_gradient_by_hand_clipped_and_at_its_rate():
    step, batch = Depthwise(), Given().batch
    gradients = torch.autograd.grad(step(batch).total, list(step.parameters()))
    length = float(sum(g.double().square().sum() for g in gradients)) ** 0.5
    expected = [
        p.detach() - 0.5 * min(1.0, 0.01 / length) * g
        for p, g in zip(step.parameters(), gradients, strict=True)
    ]
    loss = step(batch).total.item()
    fabric = make_fabric("cpu", "32-true")
    stage = Stage("all", step, 1, 0.1, optimizer=Sgd(momentum=0.0), weight_decay=0.0)
    seen = OneStep(fabric, *fabric.setup(step, stage.new_optimizer()), clip=0.01).take(batch, 0.5)
    assert (float(seen.loss_sum), seen.pictures) == (pytest.approx(6 * loss), 6)
    for found, wanted in zip(step.parameters(), expected, strict=True):
        torch.testing.assert_close(found.detach(), wanted, rtol=1e-4, atol=1e-6)


TWO = """
from tests.training.test_one_step import Depthwise, Given
from striate.hyperparameters import Sgd
from striate.training.devices.fabric import launched
from striate.training.trials.pace import measure_pace
from striate.training.stages import Stage

fabric = launched("cpu", 2)
seconds = [0.0]
def clock():
    seconds[0] += 1.0 if fabric.global_rank == 0 else 0.001
    return seconds[0]
stages = [Stage("all", Depthwise(), 1, 0.1, optimizer=Sgd())]
(pace,) = measure_pace(fabric, stages, Given(), Given().batch, clock)
fabric.barrier()
if fabric.global_rank == 0:
    print(fabric.broadcast(pace.step))
else:
    fabric.broadcast(None)
"""


@pytest.mark.slow
def test_processes_whose_clocks_differ_stop_timing_after_the_same_step(tmp_path):
    program = tmp_path / "two.py"
    program.write_text(TWO)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1.0\n"
