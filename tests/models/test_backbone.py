"""What transfer learning and Grad-CAM rely on: where the head is, and how it is replaced."""

import pytest
import torch
from torch import nn

from striate.errors import StriateError
from striate.layers.radial_basis import RadialBasis
from striate.models.backbone import Backbone, head_of, head_parameter_names, replace_head
from striate.models.build import create_model
from striate.models.catalog import MODELS

every_network = pytest.mark.parametrize("name", MODELS)
every_built_network = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if entry.parameters > 14_000_000 else [])
        for name, entry in MODELS.items()
    ],
)
FIXED_HEAD = "lenet5_1998"  # its codes are given, not learned
MAPS = {  # channels and sides at the published input, from the papers' tables
    **{key: [(6, 14), (16, 5)] for key in ("lenet5_1998", "lenet5", "lenet5_average")},
    "alexnet": [(64, 27), (192, 13), (256, 6)],
    **{key: [(96, 27), (256, 13), (256, 6)] for key in ("alexnet_2012", "alexnet_2012_one_tower")},
    "zfnet": [(96, 55), (256, 13), (512, 6)],
    "network_in_network": [(96, 16), (192, 8), (192, 8)],
    **{
        name: [(64, 112), (128, 56), (256, 28), (512, 14), (512, 7)]
        for name in MODELS
        if name.startswith("vgg")
    },
    "book_dense": [(1, 28)],
    "resnet18": [(64, 56), (128, 28), (256, 14), (512, 7)],
    "striate_small": [(32, 14), (64, 7)],
    "squeezenet1_1": [(128, 55), (256, 27), (512, 13)],
    "book_mnist": [(32, 13), (64, 5), (64, 3)],
    **{
        key: [(32, 74), (64, 36), (128, 17), (128, 7)] for key in ("book_cats_dogs", "book_cats_dogs_dropout")
    },
    "googlenet_2014": [(192, 56), (480, 28), (832, 14), (1024, 7)],
    "googlenet": [(192, 56), (480, 28), (832, 14), (1024, 7)],
    "bn_inception": [(192, 56), (320, 28), (576, 14), (1024, 7)],
    "inception_v3": [(192, 71), (288, 35), (768, 17), (2048, 8)],
    "inception_v4": [(192, 71), (384, 35), (1024, 17), (1536, 8)],
    "inception_resnet_v2": [(192, 71), (320, 35), (1088, 17), (1536, 8)],
    "squeezenet1_0": [(256, 54), (512, 27), (512, 13)],
    "densenet121": [(256, 56), (512, 28), (1024, 14), (1024, 7)],
    "densenet169": [(256, 56), (512, 28), (1280, 14), (1664, 7)],
    "densenet201": [(256, 56), (512, 28), (1792, 14), (1920, 7)],
    "densenet161": [(384, 56), (768, 28), (2112, 14), (2208, 7)],
    "xception": [(128, 74), (256, 37), (728, 19), (2048, 10)],
    "mobilenet_v1": [(64, 112), (128, 56), (256, 28), (512, 14), (1024, 7)],
    "mobilenet_v2": [(16, 112), (24, 56), (32, 28), (96, 14), (1280, 7)],
    "efficientnet_lite1": [(16, 120), (24, 60), (40, 30), (112, 15), (1280, 8)],
    "efficientnet_lite2": [(16, 130), (24, 65), (48, 33), (120, 17), (1280, 9)],
    "efficientnet_lite3": [(24, 140), (32, 70), (48, 35), (136, 18), (1280, 9)],
    "efficientnet_lite4": [(24, 150), (32, 75), (56, 38), (160, 19), (1280, 10)],
    "efficientnet_lite0": [(16, 112), (24, 56), (40, 28), (112, 14), (1280, 7)],
}


def small(name: str) -> nn.Module:
    return create_model(name, image_size=MODELS[name].smallest)


def blank(name: str) -> nn.Module:
    """Zeros for weights: the start of a large network takes seconds, and a head does not look at it."""
    with torch.device("meta"):
        network = small(name)
    network.to_empty(device="cpu")
    with torch.no_grad():
        for values in (*network.parameters(), *network.buffers()):
            values.zero_()
    return network


@pytest.mark.parametrize("name", MAPS)
def test_feature_maps_have_the_papers_channels_and_sides(name):
    with torch.device("meta"):
        network = create_model(name).eval()
        maps = network.feature_maps(torch.empty(2, *MODELS[name].input))
    assert [tuple(found.shape) for found in maps] == [(2, c, side, side) for c, side in MAPS[name]]


@every_built_network
def test_no_feature_map_is_negative_where_a_rectifier_made_it(name):
    if name in ("lenet5_1998", "book_dense") or name.startswith(("convnext", "replknet")):
        pytest.skip("it has no rectifier before its last map")
    entry = MODELS[name]
    # Untrained statistics do not hold 600 sums together; those of the batch do.
    network = small(name).train("1202" in name)
    maps = network.feature_maps(torch.randn(2, entry.input[0], entry.smallest, entry.smallest))
    assert maps[-1].min() >= 0


@every_network
def test_the_head_is_the_last_layer_with_weights(name):
    with torch.device("meta"):
        network = small(name)
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear | RadialBasis)]
    assert head_of(network) is layers[-1]
    last_two = [key for key, _ in network.named_parameters()][-2:]
    assert set(last_two) <= head_parameter_names(network)
    auxiliary = getattr(network, "auxiliary_heads", ())
    assert head_parameter_names(network) - set(last_two) == {
        f"{head}.{name}" for head in auxiliary for name in ("weight", "bias")
    }


@every_built_network
def test_a_new_head_has_the_new_classes_and_leaves_the_rest_alone(name):
    network, entry = blank(name).eval(), MODELS[name]
    before = {key: value.clone() for key, value in network.state_dict().items()}
    replace_head(network, 5)
    changed = {key for key, value in network.state_dict().items() if not torch.equal(value, before[key])}
    assert changed == ({"output.weight"} if name == FIXED_HEAD else head_parameter_names(network))
    assert network(torch.zeros(2, entry.input[0], entry.smallest, entry.smallest)).shape == (2, 5)
    assert isinstance(network, Backbone)


@every_built_network
def test_a_new_head_comes_from_its_generator_alone(name):
    network, heads = blank(name), []
    for seed, ambient in ((1, 10), (1, 11), (2, 11)):
        torch.manual_seed(ambient)
        state = torch.get_rng_state()
        replace_head(network, 5, torch.Generator().manual_seed(seed))
        assert torch.equal(torch.get_rng_state(), state)
        heads.append(head_of(network).weight.detach().clone())
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_a_new_head_keeps_precision_and_can_be_trained():
    network = small("resnet18").double()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    replace_head(network, 4)
    assert head_of(network).weight.dtype == torch.float64
    assert {key for key, value in network.named_parameters() if value.requires_grad} == {
        "fc.weight",
        "fc.bias",
    }


def test_one_output_for_two_classes_stays_one_output():
    network = small("book_cats_dogs")
    replace_head(network, 2)
    assert head_of(network).out_features == 1
    replace_head(network, 3)
    assert head_of(network).out_features == 3


def test_a_module_without_a_head_and_a_head_without_classes_are_refused():
    with pytest.raises(StriateError, match="Sequential does not say which layer"):
        head_of(nn.Sequential(nn.Linear(2, 2)))
    with pytest.raises(StriateError, match="0 classes"):
        replace_head(small("lenet5"), 0)
