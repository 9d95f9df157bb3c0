"""The Inception line against the papers' tables, and what auxiliary heads promise."""

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from striate.models.auxiliary import WithAuxiliary
from striate.models.backbone import replace_head
from striate.models.build import create_model
from striate.models.catalog import MODELS
from striate.models.classification.bn_inception import MODULES

# GoogLeNet's table as the course recomputes it: output (channels, side), weights, multiplies.
GOOGLENET = {
    "conv1": ((64, 112), 9_408, 118_013_952),
    "inception3a": ((256, 28), 163_328, 128_049_152),
    "inception3b": ((480, 28), 388_096, 304_267_264),
    "inception4a": ((512, 14), 375_552, 73_608_192),
    "inception4b": ((512, 14), 448_512, 87_908_352),
    "inception4c": ((512, 14), 509_440, 99_850_240),
    "inception4d": ((528, 14), 604_672, 118_515_712),
    "inception4e": ((832, 14), 867_328, 169_996_288),
    "inception5a": ((832, 7), 1_042_432, 51_079_168),
    "inception5b": ((1024, 7), 1_442_816, 70_697_984),
}
POOLS = {"maxpool1": (64, 56), "maxpool2": (192, 28), "maxpool3": (480, 14), "maxpool4": (832, 7)}
WITH_AUXILIARY = {"googlenet_2014": (2, 0.3), "googlenet": (2, 0.3), "inception_v3": (1, 0.4)}


def weights(layer: nn.Module) -> int:
    return sum(values.numel() for name, values in layer.named_parameters() if not name.endswith("bias"))


@pytest.fixture(scope="module")
def published() -> tuple[nn.Module, dict[str, tuple[int, int]], dict[str, int]]:
    """GoogLeNet of 2014, the output (channels, side) and the multiplies of its layers."""
    outputs, names = {}, {}
    with torch.device("meta"):
        network = create_model("googlenet_2014").eval()
        for name, layer in network.named_children():
            names[name] = f"GoogLeNet2014.{name}"
            layer.register_forward_hook(
                lambda _, __, output, name=name: outputs.update({name: tuple(output.shape[1:3])})
            )
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, 3, 224, 224))
    counted = counter.get_flop_counts()
    return (
        network,
        outputs,
        {name: sum(counted[key].values()) // 2 for name, key in names.items() if key in counted},
    )


@pytest.mark.parametrize("row", GOOGLENET)
def test_googlenets_table_row_by_row(published, row):
    network, outputs, multiplies = published
    assert (outputs[row], weights(network.get_submodule(row)), multiplies[row]) == GOOGLENET[row]


def test_googlenets_table_between_and_in_total(published):
    network, outputs, multiplies = published
    assert {name: outputs[name] for name in POOLS} == POOLS
    assert outputs["conv3"] == (192, 56)
    assert weights(network.conv2) + weights(network.conv3) == 114_688
    assert multiplies["conv2"] + multiplies["conv3"] == 359_661_568
    assert (weights(network.fc), multiplies["fc"]) == (1_024_000, 1_024_000)
    heads = {name for name, _ in network.named_children() if name.startswith("aux")}
    used = [layer for name, layer in network.named_children() if name not in heads]
    assert sum(weights(layer) for layer in used) == 6_990_272
    assert sum(values.numel() for layer in used for values in layer.parameters()) == 6_998_552
    assert sum(multiplies.values()) == 1_582_671_872


def test_googlenets_auxiliary_heads_have_the_lectures_parameters(published):
    counts = [
        sum(values.numel() for values in published[0].get_submodule(n).parameters()) for n in ("aux1", "aux2")
    ]
    assert counts == [3_188_840, 3_190_888]


def test_googlenet_has_22_layers_with_weights_where_parallel_ones_count_once(published):
    deepest = [
        max(sum(isinstance(x, nn.Conv2d) for x in path.modules()) for path in layer.values())
        for name, layer in published[0].named_children()
        if name.startswith("inception")
    ]
    assert 3 + sum(deepest) + 1 == 22


def test_the_separable_stem_of_bn_inception_costs_what_googlenets_own_table_prints():
    """Table 1 prints 2.7K and 34M in its first row; a plain 7x7 has 9,408 weights and 118M multiplies."""
    with torch.device("meta"):
        stem = create_model("bn_inception").features[:2]
        with FlopCounterMode(display=False) as counter:
            stem.eval()(torch.empty(1, 3, 224, 224))
    assert (
        sum(x.weight.numel() for x in stem.modules() if isinstance(x, nn.Conv2d))
        == 7 * 7 * 24 + 24 * 64
        == 2_712
    )
    assert counter.get_total_flops() // 2 == 2_712 * 112 * 112 == 34_019_328


def test_bn_inception_has_two_3x3_for_every_5x5():
    with torch.device("meta"):
        kernels = [x.kernel_size for x in create_model("bn_inception").modules() if isinstance(x, nn.Conv2d)]
    assert (5, 5) not in kernels
    assert kernels.count((3, 3)) == 1 + 10 * 3


def weights_of_a_convolution(before: int, after: int, side: int) -> int:
    """With a bias and the two numbers of its norm."""
    return before * after * side * side + 3 * after


def test_bn_inceptions_widths_are_those_of_the_caffe_network_but_for_two_projections():
    """pretrainedmodels' `bninception` (from Caffe) has 11,295,240 parameters, counted here by hand."""
    total = weights_of_a_convolution(3, 64, 7) + weights_of_a_convolution(64, 64, 1)
    total += weights_of_a_convolution(64, 192, 3)
    before, depths = 192, []
    for number, (ones, reduce3, threes, reduce_double, doubles, _, projected) in enumerate(MODULES):
        wide = 128 if number in (5, 6) else projected
        branches = [(before, ones, 1), (before, reduce3, 1), (reduce3, threes, 3), (before, wide, 1)]
        branches += [(before, reduce_double, 1), (reduce_double, doubles, 3), (doubles, doubles, 3)]
        total += sum(weights_of_a_convolution(*one) for one in branches)
        before = ones + threes + doubles + (wide or before)
        depths.append(before)
    assert depths == [256, 320, 576, 576, 576, 608, 608, 1056, 1024, 1024]
    assert total + 1024 * 1000 + 1000 == 11_295_240


def small(name: str, num_classes: int) -> tuple[nn.Module, Tensor]:
    torch.manual_seed(5)
    side = MODELS[name].smallest
    return create_model(name, num_classes), torch.randn(4, 3, side, side)


@pytest.mark.parametrize("name", WITH_AUXILIARY)
def test_auxiliary_heads_speak_in_training_mode_only(name):
    network, images = small(name, 3)
    heads, weight = WITH_AUXILIARY[name]
    outputs = network.train()(images)
    assert isinstance(outputs, WithAuxiliary)
    assert outputs.logits.shape == (4, 3)
    assert [logits.shape for logits in outputs.auxiliary] == [(4, 3)] * heads
    assert outputs.weight == weight
    assert isinstance(network.eval()(images), Tensor)


@pytest.mark.parametrize("name", WITH_AUXILIARY)
@pytest.mark.parametrize("side", [(97, 131), (256, 240)])
def test_auxiliary_heads_take_any_size_of_picture(name, side):
    network, _ = small(name, 3)
    with torch.device("meta"):
        outputs = create_model(name, 3).train()(torch.empty(2, 3, *side))
    assert [logits.shape for logits in outputs.auxiliary] == [(2, 3)] * len(network.auxiliary_heads)


@pytest.mark.parametrize("name", WITH_AUXILIARY)
def test_a_new_head_comes_with_new_auxiliary_heads(name):
    network, images = small(name, 3)
    replace_head(network, 7)
    outputs = network.train()(images)
    assert {logits.shape for logits in (outputs.logits, *outputs.auxiliary)} == {(4, 7)}


def test_an_auxiliary_head_alone_teaches_only_what_lies_before_it():
    network, images = small("googlenet_2014", 3)
    network.train()(images).auxiliary[0].sum().backward()
    taught = {name.split(".")[0] for name, values in network.named_parameters() if values.grad is not None}
    assert taught == {"conv1", "conv2", "conv3", "inception3a", "inception3b", "inception4a", "aux1"}


def test_inception_resnet_adds_a_scaled_correction():
    torch.manual_seed(1)
    block = create_model("inception_resnet_v2").repeat[0].eval()
    maps = torch.rand(1, 320, 3, 3)
    correction = block.conv2d(
        torch.cat([block.branch0(maps), block.branch1(maps), block.branch2(maps)], dim=1)
    )
    torch.testing.assert_close(block(maps), (maps + 0.17 * correction).relu())


def test_a_dense_layer_reads_k0_plus_k_times_the_layers_before_it():
    with torch.device("meta"):
        features = create_model("densenet121").features
    for number, k0 in enumerate((64, 128, 256, 512), start=1):
        layers = list(features.get_submodule(f"denseblock{number}").values())
        assert [layer.norm1.num_features for layer in layers] == [
            k0 + 32 * before for before in range(len(layers))
        ]


@pytest.mark.parametrize("name", ["xception", "mobilenet_v1"])
def test_separable_convolutions_filter_every_channel_alone_and_mix_with_1x1(name):
    with torch.device("meta"):
        convs = [layer for layer in create_model(name).modules() if isinstance(layer, nn.Conv2d)]
    depthwise = [place for place, conv in enumerate(convs) if conv.groups > 1]
    assert len(depthwise) == {"xception": 34, "mobilenet_v1": 13}[name]
    for place in depthwise:
        assert convs[place].groups == convs[place].in_channels == convs[place].out_channels
        assert convs[place + 1].kernel_size == (1, 1)
