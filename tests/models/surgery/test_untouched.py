"""Whoever looks at a network leaves it as it was, also when the look ends in an error."""

import pytest
import torch
from torch import nn

from striate.models.surgery.untouched import every_call, frozen, in_eval_mode, same_modes


def network():
    """Training on the whole, one part in evaluation, one weight fixed."""
    made = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Sequential(nn.Dropout(), nn.Flatten()), nn.Linear(8, 2))
    made.train()
    made[1].training = False  # not its children
    made[2].bias.requires_grad_(requires_grad=False)
    return made


def state(network):
    return (
        [module.training for module in network.modules()],
        [parameter.requires_grad for parameter in network.parameters()],
        [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules()],
    )


@pytest.mark.parametrize("looking", [same_modes, in_eval_mode, frozen])
@pytest.mark.parametrize("fails", [False, True])
def test_modes_and_gradients_are_as_they_were(looking, fails):
    given = network()
    before = state(given)
    try:
        with looking(given):
            given.train(looking is same_modes)
            if fails:
                raise ArithmeticError
    except ArithmeticError:
        pass
    assert state(given) == before


def test_inside_it_is_in_evaluation_and_frozen_without_gradients():
    given = network()
    with in_eval_mode(given):
        assert not any(module.training for module in given.modules())
        assert given[0].weight.requires_grad
    with frozen(given):
        assert not any(module.training for module in given.modules())
        assert not any(parameter.requires_grad for parameter in given.parameters())


def test_calls_are_told_from_outside_in_and_the_hooks_go():
    given, told = network(), []
    before = state(given)
    with every_call(given, lambda name, module: told.append((name, type(module).__name__)), told.append):
        answer = given(torch.ones(1, 1, 2, 2))
    names = [one for one in told if isinstance(one, tuple)]
    assert names == [
        *[("", "Sequential"), ("0", "Conv2d"), ("1", "Sequential"), ("1.0", "Dropout"), ("1.1", "Flatten")],
        ("2", "Linear"),
    ]
    assert told[-1] is answer
    assert isinstance(told[2], torch.Tensor)  # what "0" returned, before "1" was called
    assert state(given) == before
