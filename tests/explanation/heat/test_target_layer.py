"""The layer is found: in the catalogue, in others' networks, behind other heads; nothing is left behind."""

import pytest
import torch
import torchvision
from tests.explanation.networks import Dense, Flattened, Twice, TwoWays, pictures, seeded
from torch import nn

from striate.errors import StriateError
from striate.explanation.heat.question import Question
from striate.explanation.heat.target_layer import NoMap, find_layer, read_layer
from striate.explanation.methods import METHODS, heat_function
from striate.models.backbone import Backbone, replace_head
from striate.models.build import create_model
from striate.models.catalog import MODELS

PUBLISHED = {  # what the papers' tables and torchvision's names say
    "efficientnet_lite0": ("features.8", (1280, 7, 7)),
    "squeezenet1_1": ("features.12", (512, 13, 13)),
    "resnet18": ("layer4", (512, 7, 7)),
    "mobilenet_v2": ("features.18", (1280, 7, 7)),
    "lenet5_1998": ("squash4", (16, 5, 5)),
    "book_mnist": ("stages.2", (64, 3, 3)),
    "book_cats_dogs": ("stages.3", (128, 7, 7)),
    "striate_small": ("deep", (64, 7, 7)),
}
HEAVY = 10_000_000  # parameters; larger networks are slow tests
DEEP = {"resnet1202_cifar", "resnet1202_cifar_b", "plain110_cifar", "densenet201", "inception_resnet_v2"}


def catalogue() -> list[object]:
    slow = [n for n, e in MODELS.items() if e.parameters > HEAVY or n in DEEP or e.multiply_adds > 4e9]
    return [pytest.param(name, marks=pytest.mark.slow if name in slow else ()) for name in MODELS]


def smallest(name: str) -> tuple[nn.Module, torch.Tensor]:
    """The network with random weights, and two pictures of the smallest size that it reads."""
    entry = MODELS[name]
    side = entry.smallest
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = create_model(name, image_size=None if entry.any_size else side)
    return network, pictures(2, side, entry.input[0])


def state(network: nn.Module) -> list[object]:
    """Everything about a network that looking at it could change, in a form that compares by value."""
    hooks = [
        (len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks)) for m in network.modules()
    ]
    modes = [m.training for m in network.modules()]
    own = [sorted(key for key in vars(m) if not key.startswith("_")) for m in network.modules()]
    grads = [(p.grad is None, p.requires_grad, p._version) for p in network.parameters()]
    sums = [float(v.double().sum()) for v in network.state_dict().values()]
    return [hooks, modes, own, grads, sums]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_layer_of_a_known_network_is_what_its_paper_pools_or_flattens(name):
    network, entry = create_model(name), MODELS[name]
    layer = find_layer(network, pictures(1, entry.input[1], entry.input[0]))
    assert (layer.name, layer.shape) == PUBLISHED[name]


@pytest.mark.parametrize("name", catalogue())
def test_every_network_explains_fresh_and_with_another_head_and_is_left_as_it_was(name):
    network, images = smallest(name)
    for head in ("fresh", "other"):
        if head == "other":
            replace_head(network, 3, torch.Generator().manual_seed(0))
        network.train()
        next(network.modules()).training = True
        before, random = state(network), torch.get_rng_state()
        classes = torch.tensor([0, 1])
        if name == "book_dense":
            with pytest.raises(NoMap, match=r"--method saliency"):
                find_layer(network, images)
            method, layer, overflows = "saliency", None, False
        else:
            layer = find_layer(network, images)
            method = "grad-cam"
            assert isinstance(network, Backbone)
            network.eval()
            with torch.no_grad():
                wanted = network.feature_maps(images)[-1]
            read = read_layer(network, layer, images).maps.detach()
            # An untrained network of 1,202 layers overflows in evaluation.
            torch.testing.assert_close(read, wanted, equal_nan=True)
            overflows = not bool(torch.isfinite(wanted).all())
            network.train()
        assert state(network) == before
        network.eval()
        heat = heat_function(METHODS[method])(Question(network, images, classes, layer=layer))
        network.train()
        assert heat.maps.shape[0] == 2
        assert overflows == ("resnet1202" in name)
        assert overflows or (bool(torch.isfinite(heat.maps).all()) and heat.maps.min() >= 0)
        assert state(network) == before and torch.equal(torch.get_rng_state(), random)


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("resnet18", "layer4"),
        ("squeezenet1_1", "features"),
        ("vgg11", "avgpool"),
        ("mobilenet_v3_small", "features"),
        ("densenet121", "features"),
        ("googlenet", "inception5b"),
    ],
)
def test_in_other_libraries_networks_it_is_the_last_map_before_the_outputs(name, layer):
    network = (
        torchvision.models.get_model(name, weights=None, init_weights=False)
        if name == "googlenet"
        else (torchvision.models.get_model(name, weights=None))
    )
    found = find_layer(network, pictures(1, 64, 3))
    assert found.name == layer
    without = read_layer(network.eval(), found, pictures(1, 64, 3))
    assert without.logits.shape == (1, 1000)


def test_a_way_around_the_layer_rules_it_out():
    network = seeded(TwoWays)
    assert find_layer(network, pictures()).name == "stem"


def test_a_module_that_is_called_twice_is_read_at_its_last_call():
    network = seeded(Twice)
    layer = find_layer(network, pictures())
    assert (layer.name, layer.call, layer.shape) == ("relu", 1, (3, 2, 2))
    assert read_layer(network, layer, pictures()).maps.shape == (2, 3, 2, 2)


def test_what_changes_a_map_in_place_later_does_not_change_what_is_read():
    network = seeded(Flattened)
    layer = find_layer(network, pictures())
    assert layer.name == "conv"
    torch.testing.assert_close(
        read_layer(network, layer, pictures()).maps.detach(), network.conv(pictures()).detach()
    )


def test_the_logits_of_a_reading_are_those_of_the_network():
    network = seeded(Twice)
    with torch.no_grad():
        wanted = network(pictures())
    torch.testing.assert_close(
        read_layer(network, find_layer(network, pictures()), pictures()).logits, wanted
    )


def test_a_network_without_maps_says_which_methods_need_none():
    with pytest.raises(NoMap, match=r"Dense has no map before its outputs.*occlusion"):
        find_layer(seeded(Dense), pictures())


def test_a_layer_by_name_and_what_is_wrong_with_a_name():
    network = seeded(Twice)
    assert find_layer(network, pictures(), "first").shape == (2, 4, 4)
    with pytest.raises(StriateError, match=r"unknown layer 'frist'. Did you mean first"):
        find_layer(network, pictures(), "frist")
    with pytest.raises(StriateError, match=r"layer fc puts out 2; .* such as relu, second, relu"):
        find_layer(network, pictures(), "fc")


def test_an_error_of_the_network_leaves_no_hooks():
    network = seeded(Twice).train()
    before = state(network)
    with pytest.raises(RuntimeError):
        find_layer(network, pictures(channels=2))
    assert state(network) == before
