"""One cycle against torch's own."""

import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR

from striate.training.schedules import one_cycle


@pytest.mark.parametrize("steps", [10, 100, 1000])
def test_one_cycle_has_the_shape_of_torchs(steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.9)
    theirs = OneCycleLR(
        optimizer, max_lr=1.0, total_steps=steps + 1, pct_start=0.3, final_div_factor=1e5 / 25
    )
    for step in range(steps):
        # Theirs warms up to the end of step 0.3 n - 1; ours is a function of the share that is done.
        assert one_cycle(step / steps) == pytest.approx(theirs.get_last_lr()[0], abs=4 / steps)
        optimizer.step()
        theirs.step()


def test_the_peak_is_reached_and_the_ends_are_low():
    assert one_cycle(0.0) == pytest.approx(1 / 25)
    assert one_cycle(0.3) == pytest.approx(1.0)
    assert one_cycle(1.0) == pytest.approx(1e-5)
