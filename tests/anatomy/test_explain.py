"""The arithmetic as it is written out, against the course's lines."""

import pytest
import torch
from tests.anatomy.nets import alexnet
from torch import nn

from striate.anatomy.anatomy import anatomy_of
from striate.anatomy.explain import describe, explain
from striate.errors import UnknownName


def lines(network, size, name):
    anatomy = anatomy_of(network, size)
    return {line.what: line.how for line in explain(anatomy.by_name, anatomy.by_name[name])}


def test_alexnets_first_layer():
    with torch.device("meta"):
        network = alexnet()
    told = lines(network, (3, 227, 227), "0")
    assert told["height and width"] == "floor((227 + 2*0 - 11) / 4) + 1 = 55"
    assert told["parameters"] == "96 * (11*11*3 + 1) = 34,944 (34,848 weights and 96 biases)"
    assert told["multiply-adds"] == "55*55*96 * 11*11*3 = 105,415,200"
    assert told["receptive field"] == "1 + (11 - 1)*1 = 11"
    assert told["memory"].startswith("96*55*55 = 290,400 values, 4*290,400 = 1,161,600 bytes")
    second = lines(network, (3, 227, 227), "4")
    assert second["receptive field"] == "19 + (5 - 1)*8 = 51"


def test_lenets_first_layer_without_sharing_and_fully_connected():
    told = lines(nn.Sequential(nn.Conv2d(1, 6, 5)), (1, 32, 32), "0")
    assert told["parameters"].startswith("6 * (5*5*1 + 1) = 156")
    assert told["without sharing"] == "28*28 * 6 * (5*5*1 + 1) = 122,304 parameters"
    assert told["fully connected"] == "(32*32*1 + 1) * (28*28*6) = 4,821,600 parameters"


def test_a_dense_layer_and_what_it_costs():
    told = lines(nn.Sequential(nn.Flatten(), nn.Linear(120, 84)), (120, 1, 1), "1")
    assert told["parameters"] == "(120 + 1) * 84 = 10,164"
    assert told["multiply-adds"] == "84 * 120 = 10,080"
    assert told["floating-point operations"].startswith("2*10,080 = 20,160")


def test_three_colours_to_six_maps_dense_against_shared():
    told = lines(nn.Sequential(nn.Conv2d(3, 6, 5)), (3, 32, 32), "0")
    assert told["fully connected"].endswith("= 14,455,392 parameters")
    assert "= 456 " in told["parameters"]


def test_a_filter_of_the_course_has_10_parameters_in_the_first_layer_and_226_in_the_second():
    network = nn.Sequential(nn.Conv2d(1, 25, 3), nn.MaxPool2d(2), nn.Conv2d(25, 50, 3))
    first, second = lines(network, (1, 28, 28), "0"), lines(network, (1, 28, 28), "2")
    assert first["parameters"].startswith("25 * (3*3*1 + 1) = 250 ") and 3 * 3 * 1 + 1 == 10
    assert second["parameters"].startswith("50 * (3*3*25 + 1) = 11,300 ") and 3 * 3 * 25 + 1 == 226


def test_what_does_not_fit_is_said_with_what_would():
    told = lines(nn.Sequential(nn.Conv2d(1, 1, 3, stride=3)), (1, 7, 7), "0")
    assert told["does not fit"].startswith("(7 + 2*0 - 3) / 3 + 1 = 2.33 does not fit; rounded down to 2")
    assert "padding 1; stride 2 or 4" in told["does not fit"]


def test_an_asymmetric_dilated_filter_has_a_line_an_axis():
    net = nn.Sequential(nn.Conv2d(2, 2, (1, 3), padding=(0, 2), dilation=(1, 2), groups=2, bias=False))
    told = lines(net, (2, 9, 9), "0")
    assert told["height"] == "floor((9 + 2*0 - 1) / 1) + 1 = 9"
    assert told["width"] == "floor((9 + 2*2 - (2*(3 - 1) + 1)) / 1) + 1 = 9"
    assert told["parameters"] == "2 * 1*3*1 = 6 weights, no bias"
    assert "1 + (5 - 1)*1 = 5" in told["receptive field"]
    layer = anatomy_of(net, (2, 9, 9)).layers[0]
    assert describe(layer) == "Conv2d, 2 filters 1x3, padding 0x2, dilation 1x2, 2 groups, no bias"


def test_an_unknown_layer_offers_the_nearest():
    anatomy = anatomy_of(nn.Sequential(nn.Conv2d(1, 6, 5)), (1, 32, 32), "lenet5")
    with pytest.raises(
        UnknownName,
        match=r"unknown layer 'conv'. `striate inspect lenet5` lists the layers, and `all` explains",
    ):
        anatomy.explain("conv")
