"""Stochastic depth leaves out whole pictures' branches while training and nothing afterwards."""

import pytest
import torch

from striate.layers.stochastic_depth import StochasticDepth, rising


def test_a_picture_keeps_its_branch_scaled_up_or_loses_all_of_it():
    torch.manual_seed(0)
    maps = torch.rand(4000, 2, 2, 3) + 1
    changed = StochasticDepth(0.2).train()(maps)
    kept = changed.flatten(1).ne(0)
    assert torch.equal(kept.any(dim=1), kept.all(dim=1))
    alive = kept.all(dim=1)
    torch.testing.assert_close(changed[alive], maps[alive] / 0.8)
    assert alive.float().mean().item() == pytest.approx(0.8, abs=0.03)  # 4.7 standard deviations
    assert changed.mean().item() == pytest.approx(maps.mean().item(), rel=0.03)


def test_nothing_is_left_out_in_eval_mode_or_at_probability_zero():
    maps = torch.rand(8, 2, 3, 3)
    assert torch.equal(StochasticDepth(0.9).eval()(maps), maps)
    assert torch.equal(StochasticDepth(0.0).train()(maps), maps)


def test_later_blocks_are_left_out_more_often():
    assert rising(0.4, 5) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
