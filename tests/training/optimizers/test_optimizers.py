"""Optimisers: what is decayed, what is refused, and a restored state that goes on bit for bit."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import StriateError
from striate.hyperparameters import OPTIMIZERS, Adadelta, Adam, Muon, RmsProp, Sgd, optimizer_named
from striate.runs.checkpoint import read_tree, write_tree
from striate.training.optimizers.build import make_optimizer, restore_optimizer, set_rate

HEAD = frozenset({"3.weight", "3.bias"})


def network():
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8 * 36, 5))
    return made.to(memory_format=torch.channels_last)


def made(name, model, lr=0.01, weight_decay=0.1):
    return make_optimizer(optimizer_named(name), model.named_parameters(), lr, weight_decay, HEAD)


def train_steps(model, optimizer, first, last):
    for step in range(first, last):
        images = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        model(images).square().mean().backward()
        set_rate(optimizer, 0.01 / (1 + step))
        optimizer.step()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_biases_and_norms_are_not_decayed(name):
    model = network()
    optimizer = made(name, model, 0.1, 0.5)
    decay = {p: group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    assert {decay[p] for p in model.parameters() if p.ndim > 1} == {0.5}
    assert {decay[p] for p in model.parameters() if p.ndim == 1} == {0.0}
    assert len(decay) == 6


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_without_a_gradient_only_decayed_weights_move(name):
    model = network()
    optimizer = made(name, model, 0.1, 0.5)
    before = {key: p.clone() for key, p in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    moved = {key for key, p in model.named_parameters() if not torch.equal(p, before[key])}
    assert moved == {"0.weight", "3.weight"}


def test_frozen_parameters_are_left_out():
    model = network()
    model[0].requires_grad_(False)
    optimizer = made("sgd", model)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 4


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(StriateError, match=r"unknown optimizer 'adamm'\. Did you mean adam"):
        optimizer_named("adamm")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_restored_optimizer_goes_on_bit_for_bit(name, tmp_path):
    unbroken = network()
    train_steps(unbroken, made(name, unbroken), 0, 6)

    first = network()
    optimizer = made(name, first)
    train_steps(first, optimizer, 0, 3)
    write_tree(tmp_path / "c", {"network": dict(first.state_dict()), "optimizer": optimizer.state_dict()})

    saved = read_tree(tmp_path / "c")
    second = network()
    second.load_state_dict(saved["network"])
    again = made(name, second)
    restore_optimizer(again, saved["optimizer"])
    train_steps(second, again, 3, 6)
    for key, tensor in unbroken.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[key]), key


def test_muon_leaves_head_and_vectors_to_the_other_optimizer_at_its_own_rate():
    model = network()
    word = Muon(rest=Sgd(momentum=0.0), rest_ratio=0.5)
    optimizer = make_optimizer(word, model.named_parameters(), 0.2, 0.0, HEAD)
    set_rate(optimizer, 0.2)
    before = {key: p.detach().clone() for key, p in model.named_parameters()}
    model(torch.randn(4, 3, 8, 8)).square().mean().backward()
    optimizer.step()
    for key, parameter in model.named_parameters():
        plain = torch.allclose(parameter, before[key] - 0.1 * parameter.grad, rtol=1e-4, atol=1e-6)
        assert plain == (key != "0.weight"), key


def one_weight(word, gradients, lr):
    """Where one weight goes from 1.0 under these gradients."""
    weight = nn.Parameter(torch.tensor([[1.0]], dtype=torch.float64))
    optimizer = make_optimizer(word, [("w", weight)], lr, 0.0)
    places = []
    for gradient in gradients:
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        places.append(weight.item())
    return places


GRADIENTS = (1.0, -0.5, 0.25)


def test_momentum_by_hand():
    # v = 1, 0.4, 0.61; each step is 0.1 v; Nesterov looks one step ahead: g + 0.9 v.
    assert one_weight(Sgd(), GRADIENTS, 0.1) == pytest.approx([0.9, 0.86, 0.799])
    ahead = [1 + 0.9 * 1, -0.5 + 0.9 * 0.4, 0.25 + 0.9 * 0.61]
    expected = 1 - 0.1 * np.cumsum(ahead)
    assert one_weight(Sgd(nesterov=True), GRADIENTS, 0.1) == pytest.approx(list(expected))


def test_rmsprop_by_hand_with_keras_settings():
    square, place, expected = 0.0, 1.0, []
    for gradient in GRADIENTS:
        square = 0.9 * square + 0.1 * gradient**2
        place -= 0.01 * gradient / (square**0.5 + 1e-7)
        expected.append(place)
    assert one_weight(RmsProp(alpha=0.9, eps=1e-7), GRADIENTS, 0.01) == pytest.approx(expected)


def test_adadelta_by_hand():
    square = moved = 0.0
    place, expected = 1.0, []
    for gradient in GRADIENTS:
        square = 0.95 * square + 0.05 * gradient**2
        step = ((moved + 1e-6) / (square + 1e-6)) ** 0.5 * gradient
        moved = 0.95 * moved + 0.05 * step**2
        place -= step
        expected.append(place)
    assert one_weight(Adadelta(), GRADIENTS, 1.0) == pytest.approx(expected)


def test_the_first_step_of_adam_is_the_rate_whatever_the_gradient():
    for gradient in (1e-3, 5.0):
        assert one_weight(Adam(), [gradient], 0.1)[0] == pytest.approx(0.9, abs=1e-6)
