"""Optimisers: what is decayed, what is refused, and a restored state that goes on bit for bit."""

import pytest
import torch
from torch import nn

from striate.errors import StriateError
from striate.runs.checkpoint import read_tree, write_tree
from striate.training.optimizers import OPTIMIZERS, make_optimizer, restore_optimizer


def network():
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8 * 36, 5))
    return made.to(memory_format=torch.channels_last)


def train_steps(model, optimizer, first, last):
    for step in range(first, last):
        images = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        model(images).square().mean().backward()
        optimizer.step()


def test_biases_and_norms_are_not_decayed():
    optimizer = make_optimizer("adamw", network().parameters(), 0.1, 0.5)
    decay = {p.ndim: group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    assert decay == {4: 0.5, 2: 0.5, 1: 0.0}


def test_frozen_parameters_are_left_out():
    model = network()
    model[0].requires_grad_(False)
    optimizer = make_optimizer("sgd", model.parameters(), 0.1, 0.0)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 4


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(StriateError, match=r"unknown optimizer 'adam'\. Did you mean adamw"):
        make_optimizer("adam", network().parameters(), 0.1, 0.0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_restored_optimizer_goes_on_bit_for_bit(name, tmp_path):
    unbroken = network()
    train_steps(unbroken, make_optimizer(name, unbroken.parameters(), 0.01, 0.1), 0, 6)

    first = network()
    optimizer = make_optimizer(name, first.parameters(), 0.01, 0.1)
    train_steps(first, optimizer, 0, 3)
    write_tree(tmp_path / "c", {"network": dict(first.state_dict()), "optimizer": optimizer.state_dict()})

    saved = read_tree(tmp_path / "c")
    second = network()
    second.load_state_dict(saved["network"])
    again = make_optimizer(name, second.parameters(), 0.01, 0.1)
    restore_optimizer(again, saved["optimizer"])
    train_steps(second, again, 3, 6)
    for key, tensor in unbroken.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[key]), key
