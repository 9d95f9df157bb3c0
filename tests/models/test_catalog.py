"""Every figure of the catalogue, counted again, and what every network of it promises."""

import math
import subprocess
import sys
from dataclasses import replace
from types import ModuleType

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from striate.errors import StriateError, UnknownName
from striate.layers.stochastic_depth import StochasticDepth
from striate.models.auxiliary import WithAuxiliary
from striate.models.backbone import Backbone, head_of
from striate.models.build import create_model
from striate.models.catalog import MODELS, find_entry, list_models
from striate.models.classification.replknet import LargeKernelBlock
from striate.models.classification.resnet import BasicBlock, Bottleneck
from striate.models.weights.table import WEIGHTS

HEAVY = 14_000_000  # parameters from which a network with real weights takes seconds to build

VERY_DEEP = ("resnet1202_cifar", "resnet1202_cifar_b")  # a second for every look at them

every_network = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in VERY_DEEP else []) for name in MODELS]
)
every_built_network = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if entry.parameters > HEAVY else [])
        for name, entry in MODELS.items()
    ],
)


def pictures(name: str, count: int) -> torch.Tensor:
    """Noise of the smallest size that a network takes."""
    entry = MODELS[name]
    generator = torch.Generator().manual_seed(7)
    return torch.randn(count, entry.input[0], entry.smallest, entry.smallest, generator=generator)


def smallest(name: str, num_classes: int | None = None) -> nn.Module:
    torch.manual_seed(3)
    return create_model(name, num_classes, image_size=MODELS[name].smallest)


def settled(name: str) -> nn.Module:
    """In eval mode; norms beside shortcuts know the pictures, or signals would double from block to block."""
    network = smallest(name)
    if not any(isinstance(layer, BasicBlock | Bottleneck | LargeKernelBlock) for layer in network.modules()):
        return network.eval()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
        if isinstance(layer, StochasticDepth):
            layer.probability = 0.0
    with torch.no_grad():
        network.train()(pictures(name, 16))
    return network.eval()


def decoded(logits: torch.Tensor) -> torch.Tensor:
    """A single output z means the two classes [0, z]."""
    return nn.functional.pad(logits, (1, 0)) if logits.shape[1] == 1 else logits


@every_network
def test_parameters_are_as_many_as_the_table_says(name):
    with torch.device("meta"):
        network = create_model(name)
    counted = sum(parameter.numel() for parameter in network.parameters())
    assert counted == MODELS[name].parameters + MODELS[name].auxiliary_parameters


@every_network
def test_multiply_adds_are_as_many_as_torch_counts(name):
    with torch.device("meta"):
        network = create_model(name).eval()
        images = torch.empty(1, *MODELS[name].input)
    with FlopCounterMode(display=False) as counter:
        network(images)
    unread = 10 * 10 * 25 * (6 * 16 - 60) if name == "lenet5_1998" else 0  # zeros of its table, multiplied
    assert counter.get_total_flops() == 2 * (MODELS[name].multiply_adds + unread)


@pytest.mark.parametrize("name", [name for name in MODELS if hasattr(torchvision.models, name)])
def test_figures_are_those_that_torchvision_publishes(name):
    published = torchvision.models.get_model_weights(name).IMAGENET1K_V1
    entry, meta, weights = MODELS[name], published.meta, WEIGHTS[name, "imagenet"]
    # torchvision counts the auxiliary head of Inception v3, but not those of GoogLeNet.
    assert meta["num_params"] in (entry.parameters, entry.parameters + entry.auxiliary_parameters)
    assert round(entry.multiply_adds / 1e9, 3) == meta["_ops"]
    accuracy = meta["_metrics"]["ImageNet-1K"]
    assert entry.published.startswith(f"{accuracy['acc@1']} % top-1, {accuracy['acc@5']} % top-5")
    assert weights.url == published.url
    assert weights.sha256 in published.url
    assert [weights.size] == published.transforms().crop_size


def test_lenet_multiplies_as_often_as_arithmetic_by_hand_says():
    c1, c3 = 28 * 28 * 6 * 25, 10 * 10 * 16 * 6 * 25
    assert MODELS["lenet5"].multiply_adds == c1 + c3 + 400 * 120 + 120 * 84 + 84 * 10


@every_built_network
def test_an_untrained_network_is_about_as_good_as_guessing(name):
    logits = decoded(settled(name)(pictures(name, 16)))
    classes = logits.shape[1]
    labels = torch.arange(16) % classes
    loss = nn.functional.cross_entropy(logits, labels).item()
    near = 0.5 if name in VERY_DEEP else 0.15  # two hundred corrections in a row add up
    assert loss == pytest.approx(math.log(classes), rel=near)


@every_built_network
def test_every_parameter_gets_a_gradient(name):
    network = smallest(name).train()
    for layer in network.modules():
        if isinstance(layer, StochasticDepth):
            layer.probability = 0.0  # four pictures may all be left out
    outputs = network(pictures(name, 4))
    every = (outputs.logits, *outputs.auxiliary) if isinstance(outputs, WithAuxiliary) else (outputs,)
    labels = torch.tensor([0, 1, 0, 1])
    sum(nn.functional.cross_entropy(decoded(logits), labels) for logits in every).backward()
    without = [key for key, value in network.named_parameters() if value.grad is None or not value.grad.any()]
    assert without == []


@every_built_network
def test_one_training_step_lowers_the_loss_of_its_batch(name):
    network = settled(name)  # in eval mode: no dropout, statistics kept
    images, labels = pictures(name, 4), torch.tensor([0, 1, 0, 1])
    before = nn.functional.cross_entropy(decoded(network(images)), labels)
    before.backward()
    slopes = [(values, values.grad) for values in network.parameters() if values.grad is not None]
    steepness = sum(slope.square().sum().item() for _, slope in slopes)
    step = min(1e-2, 1e-3 * before.item() / steepness)  # down by a thousandth, or what 0.01 gives
    with torch.no_grad():
        for values, slope in slopes:
            values.sub_(step * slope)
        after = nn.functional.cross_entropy(decoded(network(images)), labels)
    assert after < before


@every_built_network
def test_an_image_does_not_see_its_neighbours(name):
    network, images = settled(name).double(), pictures(name, 3).double()
    with torch.no_grad():
        together = network(images)
        alone = torch.cat([network(images[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@every_network
def test_feature_maps_have_their_strides_and_feed_the_head(name):
    read = []
    with torch.device("meta"), torch.no_grad():
        network = create_model(name).eval()
        assert isinstance(network, Backbone)
        images = torch.empty(1, *MODELS[name].input)
        head_of(network).register_forward_pre_hook(lambda _, args: read.append(args[0]))
        maps = network.feature_maps(images)
        network(images)
    assert len(maps) == len(network.strides)
    for found, stride in zip(maps, network.strides, strict=True):
        for side, whole in zip(found.shape[2:], images.shape[2:], strict=True):
            assert whole / stride - 4 <= side <= math.ceil(whole / stride)  # unpadded layers lose some cells
    if MODELS[name].any_size and not name.startswith(("alexnet", "vgg")):  # their head has layers before it
        assert read[0].shape[1] == maps[-1].shape[1]  # globally pooled, or convolved as it is


@every_network
def test_networks_take_other_classes_channels_and_sizes(name):
    entry = MODELS[name]
    channels = 4 - entry.input[0]  # grey for RGB, RGB for grey
    size_hw = (max(64, entry.smallest), max(96, entry.smallest))
    with torch.device("meta"), torch.no_grad():
        network = create_model(name, num_classes=7, in_channels=channels, image_size=size_hw).eval()
        assert network(torch.empty(2, channels, *size_hw)).shape == (2, 7)


@pytest.mark.parametrize("name", [name for name, entry in MODELS.items() if not entry.any_size])
def test_flattened_networks_are_as_wide_as_their_maps_at_any_size(name):
    for more in (1, 2, 7, 24):
        side = MODELS[name].smallest + more
        with torch.device("meta"), torch.no_grad():
            network = create_model(name, image_size=(side, side + 1)).eval()
            assert network(torch.empty(1, MODELS[name].input[0], side, side + 1)).shape[0] == 1


@every_network
def test_a_picture_below_the_smallest_size_is_refused_by_its_number(name):
    least = MODELS[name].smallest
    if least == 1:
        pytest.skip("a single pixel is enough for it")
    with pytest.raises(StriateError, match=f"smallest size is {least}x{least}"):
        create_model(name, image_size=(least - 1, least))


def test_a_network_needs_one_file_and_one_row(monkeypatch):
    file = ModuleType("striate.models.classification.mine")

    def mine(num_classes: int = 10, in_channels: int = 3) -> nn.Module:
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(in_channels, num_classes))

    file.mine = mine
    monkeypatch.setitem(sys.modules, file.__name__, file)
    row = replace(MODELS["resnet18"], builder="mine:mine", parameters=40, year=2030)
    monkeypatch.setitem(MODELS, "mine", row)
    assert create_model("mine", num_classes=4)(torch.zeros(2, 3, 40, 40)).shape == (2, 4)
    assert list_models("classify")[-1] == "mine"
    assert find_entry("mine") is row
    with pytest.raises(UnknownName, match="Did you mean mine"):
        create_model("mime")


def test_the_same_seed_builds_the_same_network():
    first, second = smallest("squeezenet1_1"), smallest("squeezenet1_1")
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_two_classes_share_one_output_only_in_the_cats_and_dogs_network():
    for name in MODELS:
        with torch.device("meta"):
            outputs = [head_of(smallest(name, classes)).weight.shape[0] for classes in (2, 3)]
        assert outputs == ([1, 3] if name.startswith("book_cats_dogs") else [2, 3])


def test_numbers_that_no_network_can_have_are_refused():
    with pytest.raises(StriateError, match="0 classes"):
        create_model("lenet5", num_classes=0)
    with pytest.raises(StriateError, match="0 channels"):
        create_model("lenet5", in_channels=0)


def test_an_unknown_network_is_refused_with_the_nearest_names():
    with pytest.raises(UnknownName) as caught:
        create_model("resnet5")
    text = str(caught.value)
    assert text.startswith("unknown model 'resnet5'. Did you mean ")
    assert "resnet50" in text
    assert text.endswith("`striate models` lists them all.")
    assert find_entry("resnet18") is MODELS["resnet18"]


def test_names_are_listed_by_task_and_by_year():
    assert list_models() == list(MODELS)
    assert list_models("classify") == [name for name, entry in MODELS.items() if entry.task == "classify"]
    assert [entry.year for entry in MODELS.values()] == sorted(entry.year for entry in MODELS.values())
    with pytest.raises(UnknownName, match=r"unknown task 'clasify'. Did you mean classify"):
        list_models("clasify")


def test_weights_named_in_the_table_are_those_that_exist():
    assert set(WEIGHTS) == {(name, which) for name, entry in MODELS.items() for which in entry.weights}


def test_the_table_and_the_weights_are_read_without_torch():
    code = (
        "import sys, striate.models.catalog, striate.models.weights.table; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
