"""A trunk and the head together are the network, and blocks are what works at one resolution."""

import pytest
import torch
from torch import nn

from striate.errors import StriateError
from striate.models.build import create_model
from striate.models.catalog import find_entry
from striate.models.surgery.blocks import blocks_of
from striate.models.surgery.dense_head import give_dense_head, standardise
from striate.models.surgery.trunk import Trunk, head_scores, lift_scores, set_linear_head

SMALL = {  # a side at which the network is quick
    "striate_small": 28,
    "lenet5": 28,
    "book_cats_dogs": 150,
    "resnet20_cifar": 32,
    "resnet18": 64,
    "mobilenet_v2": 64,
    "efficientnet_lite0": 64,
    "googlenet": 64,
    "densenet121": 64,
}
CONVOLUTIONAL = ("squeezenet1_1", "network_in_network")


def built(name, classes=5, side=None):
    torch.manual_seed(0)
    channels = find_entry(name).input[0]
    network = create_model(name, num_classes=classes, image_size=side or SMALL[name]).eval()
    return network, torch.rand(3, channels, side or SMALL[name], side or SMALL[name])


@pytest.mark.parametrize("name", SMALL)
def test_the_head_of_a_trunks_output_is_the_networks_output(name):
    network, images = built(name)
    with torch.no_grad():
        expected = network(images)
        features = Trunk(network)(images)
        assert features.ndim == 2
        torch.testing.assert_close(head_scores(network, features), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_a_convolutional_head_that_cuts_nothing_off_is_linear_in_the_mean_of_its_map(name):
    network, images = built(name, side=64)
    lift_scores(network, images)
    with torch.no_grad():
        scores = head_scores(network, Trunk(network)(images))
        torch.testing.assert_close(scores, network(images), atol=1e-4, rtol=1e-4)
        assert scores.min() >= 0


def test_lifted_scores_answer_as_before():
    network, images = built("squeezenet1_1", side=64)
    weight, bias = torch.randn(5, 512), torch.randn(5)
    set_linear_head(network, weight, bias)
    with torch.no_grad():
        features = Trunk(network)(images)
        wanted = torch.softmax(features @ weight.T + bias, dim=1)
        lift_scores(network, images)
        torch.testing.assert_close(torch.softmax(network(images), dim=1), wanted, atol=1e-4, rtol=1e-3)


def test_a_trunk_keeps_its_weights_when_the_network_learns():
    network, images = built("striate_small")
    trunk = Trunk(network)
    with torch.no_grad():
        before = trunk(images)
        for parameter in network.parameters():
            parameter.zero_()
        assert torch.equal(trunk(images), before) and before.abs().sum() > 0


def test_one_output_gets_the_difference_of_two_classes():
    network, images = built("book_cats_dogs", classes=2)
    weight, bias = torch.randn(2, 512), torch.randn(2)
    set_linear_head(network, weight, bias)
    with torch.no_grad():
        features = Trunk(network)(images)
        both = features @ weight.T + bias
        torch.testing.assert_close(network(images)[:, 0], both[:, 1] - both[:, 0], atol=1e-4, rtol=1e-4)


def test_fixed_codes_are_refused_with_what_to_do_instead():
    network = create_model("lenet5_1998")
    with pytest.raises(StriateError, match="--recipe transfer"):
        Trunk(network)


@pytest.mark.parametrize("name", ["striate_small", "squeezenet1_1"])
def test_a_dense_head_standardises_what_it_reads(name):
    network, images = built(name, side=64)
    features = Trunk(network)(images.expand(3, -1, -1, -1)).detach() + torch.randn(3, 1)
    give_dense_head(network, 7)
    network.eval()
    standardise(network, features)
    read = []
    first = next(m for m in network.get_submodule(network.cut) if isinstance(m, nn.Linear | nn.Conv2d))
    first.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0].flatten(1)))
    head_scores(network, features)
    standard = (features - features.mean(0)) / (features.std(0, correction=0) + 1e-12)
    kept = features.std(0) > 1e-2  # the norm's epsilon counts beside a smaller spread
    torch.testing.assert_close(read[0][:, kept], standard[:, kept], atol=2e-2, rtol=2e-2)
    assert network(images).shape == (3, 5)


def test_vggs_blocks_are_the_courses_and_its_fifth_is_what_fine_tuning_trains():
    with torch.device("meta"):
        network = create_model("vgg16")
    sizes = {name: parameter.numel() for name, parameter in network.named_parameters()}
    blocks = blocks_of(network, torch.zeros(1, 3, 224, 224, device="meta"))
    counts = [sum(sizes[name] for name in block) for block in blocks]
    assert sum(counts[:5]) == 14_714_688  # the whole base
    assert counts[4] == 7_079_424 and sum(counts[:4]) == 7_635_264  # what trains, what stays


def test_blocks_hold_every_parameter_but_the_heads_once():
    for name in ("resnet18", "efficientnet_lite0", "googlenet", "densenet121", "squeezenet1_1"):
        with torch.device("meta"):
            network = create_model(name)
        blocks = blocks_of(network, torch.zeros(1, 3, 224, 224, device="meta"))
        found = [parameter for block in blocks for parameter in block]
        heads = {network.head, *getattr(network, "auxiliary_heads", ())}
        rest = {n for n, _ in network.named_parameters() if n.rpartition(".")[0] not in heads}
        assert len(found) == len(set(found)) and set(found) == rest, name


def test_looking_for_blocks_changes_nothing():
    network = create_model("resnet18").train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    blocks_of(network, torch.rand(1, 3, 64, 64))
    assert network.training
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
