"""The blank table: which rows are asked, and which answers count as right."""

import pytest
import torchvision
from torch import nn

from striate.anatomy.anatomy import anatomy_of
from striate.anatomy.quiz import questions


@pytest.fixture(scope="module")
def small():
    net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1176, 1000))
    return anatomy_of(net, (1, 32, 32))


def test_rows_that_change_nothing_are_not_asked(small):
    asked = questions(small)
    assert [question.layer.name for question in asked] == ["0", "0", "2", "2", "3", "3", "4", "4"]
    assert [question.asks for question in asked[:2]] == ["output shape", "parameters"]


@pytest.mark.parametrize("text", ["6x28x28", "28x28x6", "28, 28, 6", "6 28 28", "(6,28,28)", "28×28×6"])
def test_shapes_may_be_written_in_many_ways(small, text):
    assert questions(small)[0].is_right(text)


@pytest.mark.parametrize("text", ["", "6x28", "28x28x6x1", "5x28x28", "six", "6x32x32"])
def test_wrong_shapes_are_wrong(small, text):
    assert not questions(small)[0].is_right(text)


def test_vectors_and_numbers_with_commas(small):
    flat, last = questions(small)[4], questions(small)[7]
    assert flat.is_right("1176") and flat.is_right("1,176") and flat.is_right("1x1x1176")
    assert not flat.is_right("6x14x14")
    assert last.is_right("1,177,000") and last.is_right("1177000") and not last.is_right("1176000")
    assert questions(small)[3].is_right("0") and not questions(small)[3].is_right("none")


def test_a_wrong_answer_is_met_with_the_arithmetic(small):
    shape, count = questions(small)[:2]
    assert shape.arithmetic(small)[0][:2] == ("height and width", "floor((32 + 2*0 - 5) / 1) + 1 = 28")
    assert count.arithmetic(small)[0][1].startswith("6 * (5*5*1 + 1) = 156")
    told = [line[:2] for line in questions(small)[4].arithmetic(small)]
    assert ("values", "6*14*14 = 1,176") in told


def test_of_a_long_network_the_seed_draws_rows_in_its_order():
    anatomy = anatomy_of(torchvision.models.resnet18(weights=None), (3, 64, 64))
    first, again, other = (questions(anatomy, rows=5, seed=seed) for seed in (1, 1, 2))
    names = [layer.name for layer in anatomy.layers]
    places = [names.index(question.layer.name) for question in first]
    assert len(first) == 10 and places == sorted(places)
    assert [one.layer.name for one in first] == [one.layer.name for one in again]
    assert [one.layer.name for one in first] != [one.layer.name for one in other]
