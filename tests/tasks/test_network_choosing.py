"""The rule of `--model auto`, case by case."""

from pathlib import Path

import pytest

from striate.errors import StriateError
from striate.models.catalog import MODELS
from striate.tasks.choosing import PRETRAINED, Traits, choose_network


def nothing(name):
    return None


def only(wanted):
    return lambda name: Path("weights") if name == wanted else None


@pytest.mark.parametrize(
    ("shapes", "available", "model", "pretrained", "size"),
    [
        ([(1, 28, 28)] * 3, only("efficientnet_lite0"), "striate_small", False, 28),  # digits
        ([(1, 112, 92)] * 3, only("efficientnet_lite0"), "lenet5", False, 64),  # grey faces
        ([(3, 32, 32)] * 3, only("efficientnet_lite0"), "striate_small", False, 32),  # CIFAR
        ([(3, 256, 512)] * 3, only("efficientnet_lite0"), "efficientnet_lite0", True, None),
        ([(3, 256, 512)] * 3, only("squeezenet1_1"), "squeezenet1_1", True, None),
        ([(3, 256, 512)] * 3, nothing, "resnet18", False, None),
        ([(1, 256, 512), (3, 256, 512)], nothing, "resnet18", False, None),  # one colour picture is enough
    ],
)
def test_the_rule(shapes, available, model, pretrained, size):
    choice = choose_network(Traits.of(shapes), available)
    assert (choice.model, choice.pretrained, choice.image_size) == (model, pretrained, size)
    assert f"{shapes[0][2]}x{shapes[0][1]}" in choice.reason


def test_every_network_of_the_rule_is_in_the_catalogue():
    assert {*PRETRAINED, "lenet5", "striate_small"} <= set(MODELS)
    assert all(MODELS[name].weights for name in PRETRAINED)


def test_without_a_picture_there_is_nothing_to_choose_for():
    with pytest.raises(StriateError, match="no picture could be read"):
        Traits.of([])
