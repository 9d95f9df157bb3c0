"""Weights of other libraries give their logits here and ours give ours there, with statistics that matter."""

import re
from functools import partial

import pytest
import torch
import torchvision
from torch import nn

from striate.models.build import create_model
from striate.models.catalog import MODELS
from striate.models.weights.pretrained import load_weights, preprocessing_of

TORCHVISION = (
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "wide_resnet50_2",
    "wide_resnet101_2",
    "convnext_tiny",
    "convnext_small",
    "convnext_base",
    "convnext_large",
    "googlenet",
    "inception_v3",
    "squeezenet1_0",
    "densenet121",
    "densenet169",
    "densenet201",
    "densenet161",
    "mobilenet_v2",
)
TIMM = {
    "se_resnet50": "seresnet50",
    "cbam_resnet50": "resnet50 with CbamModule",
    "inception_v4": "inception_v4",
    "inception_resnet_v2": "inception_resnet_v2",
    "xception": "legacy_xception",
    "mobilenet_v1": "mobilenetv1_100",
    "efficientnet_lite0": "tf_efficientnet_lite0",
    "efficientnet_lite1": "tf_efficientnet_lite1",
    "efficientnet_lite2": "tf_efficientnet_lite2",
    "efficientnet_lite3": "tf_efficientnet_lite3",
    "efficientnet_lite4": "tf_efficientnet_lite4",
}


def peer(name: str) -> nn.Module:
    """The other library's network with random weights and random statistics of normalisation."""
    torch.manual_seed(11)
    if name == "cbam_resnet50":
        network = timm_cbam()
    elif name in TIMM:
        timm = pytest.importorskip("timm")
        network = timm.create_model(TIMM[name])
    elif name in ("googlenet", "inception_v3"):
        network = torchvision.models.get_model(name, init_weights=False)  # their start takes seconds
    else:
        network = torchvision.models.get_model(name)
    randomise(network)
    return network.eval()


def timm_cbam() -> nn.Module:
    """timm's ResNet-50 with its CbamModule, which leaves out the paper's biases unless told."""
    layers = pytest.importorskip("timm.layers.cbam")
    resnet = pytest.importorskip("timm.models.resnet")
    attention = {"attn_layer": partial(layers.CbamModule, mlp_bias=True)}
    return resnet.ResNet(resnet.Bottleneck, (3, 4, 6, 3), block_args=attention)


def randomise(network: nn.Module) -> None:
    """Weights that keep the size of signals, and in each norm one channel that ReLU6 must clip."""
    for name, values in network.named_parameters():
        if name.endswith("layer_scale"):  # starts at a millionth: branches would not matter
            nn.init.uniform_(values, 0.2, 0.4)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.normal_(layer.bias, std=0.1)
        if isinstance(layer, nn.LayerNorm):
            nn.init.uniform_(layer.weight, 0.8, 1.2)
            nn.init.normal_(layer.bias, std=0.1)
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.8, 1.2)
            for centre in (layer.bias, layer.running_mean):
                nn.init.normal_(centre, std=0.1)
            if layer.num_features > 1:  # the only channel would hide what it weighs
                nn.init.constant_(layer.bias[:1], 9.0)
            nn.init.uniform_(layer.running_var, 0.8, 1.2)


def assert_same(received: torch.Tensor, expected: torch.Tensor) -> None:
    """Equal to 1e-5 of their scale, while two pictures differ by far more."""
    assert (expected[0] - expected[1]).abs().max() >= 5e-3 * expected.abs().max()
    assert (received - expected).abs().max() <= 1e-5 * expected.abs().max()


@pytest.mark.parity
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if MODELS[name].parameters > 14_000_000 else name
        for name in (*TORCHVISION, *TIMM)
    ],
)
def test_a_peers_weights_give_the_peers_logits_and_back(name):
    theirs, ours = peer(name), create_model(name).eval()
    side = MODELS[name].smallest + 22
    images = torch.randn(2, 3, side, side + 9)
    load_weights(ours, theirs.state_dict())
    with torch.no_grad():
        assert_same(ours(images), theirs(images))
        randomise(ours)  # other values for the way back
        if not name.startswith("efficientnet"):  # timm's other names are translated one way
            theirs.load_state_dict(ours.state_dict())
            assert_same(theirs(images), ours(images))


@pytest.mark.parity
@pytest.mark.parametrize(("name", "side"), [("googlenet", 224), ("googlenet", 96), ("inception_v3", 299)])
def test_auxiliary_heads_are_torchvisions(name, side):
    theirs, ours = peer(name).train(), create_model(name).train()
    load_weights(ours, theirs.state_dict())
    for layer in (*theirs.modules(), *ours.modules()):
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    images = torch.randn(2, 3, side, side)
    with torch.no_grad():
        received, expected = ours(images), theirs(images)
    assert_same(received.logits, expected.logits)
    names = ("aux_logits1", "aux_logits2") if name == "googlenet" else ("aux_logits",)
    for found, other in zip(received.auxiliary, names, strict=True):
        assert_same(found, getattr(expected, other))


@pytest.mark.parity
@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_half_as_mean_and_spread_replaces_torchvisions_conversion_inside_the_network(name):
    theirs, ours = peer(name), create_model(name).eval()
    load_weights(ours, theirs.state_dict())
    theirs.transform_input = True
    pictures = torch.randint(0, 256, (2, 3, 96, 96), dtype=torch.uint8)
    normalise = torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    with torch.no_grad():
        expected = theirs(normalise(pictures / 255))
        received = ours(preprocessing_of(name).normalise(pictures))
    assert_same(received, expected)


@pytest.mark.parity
@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg11", "vgg16_bn"])
def test_timms_vgg_whose_dense_layers_are_convolutions_gives_the_same_logits(name):
    theirs, ours = pytest.importorskip("timm").create_model(name).eval(), create_model(name).eval()
    randomise(theirs)
    assert load_weights(ours, theirs.state_dict()).head_replaced is None
    images = torch.randn(2, 3, 224, 224)  # the size at which the convolution covers the whole map
    with torch.no_grad():
        assert_same(ours(images), theirs(images))


def test_a_file_without_auxiliary_heads_leaves_those_of_the_network():
    network = create_model("googlenet", 5)
    tensors = {key: value + 1 for key, value in network.state_dict().items() if not key.startswith("aux")}
    before = network.aux1.fc1.weight.clone()
    loaded = load_weights(network, tensors)
    assert loaded.notes == ("The file has no auxiliary heads; those of the network start anew.",)
    assert torch.equal(network.aux1.fc1.weight, before)
    assert torch.equal(network.fc.weight, tensors["fc.weight"])


def test_other_classes_leave_all_heads_and_load_the_rest():
    network, other = create_model("googlenet", 5), create_model("googlenet", 9)
    before = {head: network.get_submodule(head).weight.clone() for head in ("fc", "aux1.fc2", "aux2.fc2")}
    assert load_weights(network, other.state_dict()).head_replaced == (9, 5)
    assert torch.equal(network.aux2.fc1.weight, other.aux2.fc1.weight)
    for head, weight in before.items():
        assert torch.equal(network.get_submodule(head).weight, weight)


def test_densenet_files_of_torchvisions_first_release_load():
    network, other = create_model("densenet121", 3), create_model("densenet121", 3)
    old = {
        re.sub(r"(layer\d+\.)(norm|conv)([12])\.", r"\1\2.\3.", key): value
        for key, value in other.state_dict().items()
    }
    assert "features.denseblock4.denselayer16.conv.2.weight" in old
    assert load_weights(network, old).tensors == len(old)
    received = network.state_dict()
    for key, value in other.state_dict().items():
        assert torch.equal(received[key], value)


@pytest.mark.parametrize("name", ["efficientnet_lite1", "efficientnet_lite4"])
def test_names_that_count_blocks_through_lead_to_the_right_stage(name):
    network, other = create_model(name, 3), create_model(name, 3)
    expand = {"0.0": "_expand_conv", "0.1": "_bn0", "1.0": "_depthwise_conv", "1.1": "_bn1"}
    expand |= {"3.0": "_project_conv", "3.1": "_bn2"}
    first = {"0.0": "_depthwise_conv", "0.1": "_bn1", "2.0": "_project_conv", "2.1": "_bn2"}
    ends = {"features.0.0": "_conv_stem", "features.0.1": "_bn0", "classifier.1": "_fc"}
    ends |= {"features.8.0": "_conv_head", "features.8.1": "_bn1"}
    renamed, counted = {}, []
    for key, value in other.state_dict().items():
        inside = re.fullmatch(r"features\.(\d)\.(\d)\.block\.(\d\.\d)\.(\w+)", key)
        if inside is None:
            start, _, rest = key.rpartition(".")
            renamed[f"{ends[start]}.{rest}"] = value
            continue
        stage, block, place, rest = inside.groups()
        if (stage, block) not in counted:
            counted.append((stage, block))
        layer = (first if stage == "1" else expand)[place]
        renamed[f"_blocks.{len(counted) - 1}.{layer}.{rest}"] = value
    assert load_weights(network, renamed).tensors == len(renamed)
    received = network.state_dict()
    assert all(torch.equal(received[key], value) for key, value in other.state_dict().items())
