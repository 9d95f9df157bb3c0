"""Dilated context, ConvNeXt and RepLKNet: what one cell sees, and kernels that merge."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from striate.models.build import create_model
from striate.models.catalog import MODELS
from striate.models.classification.convnext import ConvNeXtBlock
from striate.models.classification.dilated_context import WIDTH
from striate.models.classification.replknet import LargeKernel, RepLKNet
from striate.models.weights.pretrained import load_weights


def small_replknet() -> RepLKNet:
    """RepLKNet's kernels with 8 channels and one pair of blocks a stage, statistics as after training."""
    torch.manual_seed(2)
    network = RepLKNet((31, 29, 27, 13), (1, 1, 1, 1), 8, 0.3, 5, 3)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
        if isinstance(layer, nn.BatchNorm2d):
            for values in (layer.weight, layer.running_var):
                nn.init.uniform_(values, 0.5, 1.5)
            for values in (layer.bias, layer.running_mean):
                nn.init.normal_(values, std=0.5)
    return network


@pytest.mark.parametrize("training", [False, True])
def test_merged_kernels_give_the_same_logits(training):
    network, images = small_replknet().eval(), torch.randn(2, 3, 70, 90)
    with torch.no_grad():
        before = network(images)
        network.train(training).merge_kernels()
        after = network.eval()(images)
        network.merge_kernels()  # nothing is left to merge
        again = network(images)
    assert (before[0] - before[1]).abs().max() > 1e-2 * before.abs().max()
    assert (after - before).abs().max() <= 1e-5 * before.abs().max()
    assert torch.equal(again, after)
    assert not [key for key in network.state_dict() if "small_conv" in key or "lkb_origin" in key]


def test_a_merged_kernel_is_the_sum_of_both_scaled_by_their_norms():
    layer = LargeKernel(1, 7).eval()
    large, small = layer.lkb_origin, layer.small_conv
    nn.init.constant_(large.conv.weight, 2.0)
    nn.init.constant_(small.conv.weight, 3.0)
    for norm, mean, variance, weight, bias in (
        (large.bn, 1.0, 4.0, 6.0, 0.5),
        (small.bn, -2.0, 9.0, 1.5, 0.25),
    ):
        norm.eps = 0.0
        for values, value in (
            (norm.running_mean, mean),
            (norm.running_var, variance),
            (norm.weight, weight),
            (norm.bias, bias),
        ):
            nn.init.constant_(values, value)
    layer.merge()
    kernel = layer.lkb_reparam.weight[0, 0]
    assert kernel[0, 3].item() == pytest.approx(2 * 6 / 2)
    assert kernel[1, 1].item() == kernel[5, 5].item() == pytest.approx(2 * 6 / 2 + 3 * 1.5 / 3)
    assert layer.lkb_reparam.bias.item() == pytest.approx(0.5 - 1 * 6 / 2 + 0.25 + 2 * 1.5 / 3)


def test_replknet_has_the_papers_size_once_its_kernels_are_merged():
    with torch.device("meta"):
        network = create_model("replknet31_base").eval()
        network.merge_kernels()
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, 3, 224, 224))
    channels = 2 * 128 + 2 * 256 + 18 * 512 + 2 * 1024
    merged = sum(values.numel() for values in network.parameters())
    assert merged == MODELS["replknet31_base"].parameters - channels * (25 + 2 + 2 - 1)
    assert merged // 10**6 == 79
    assert counter.get_total_flops() // 2 // 10**8 == 153
    assert network.stages[0].blocks[0].large_kernel.lkb_reparam.weight[0].numel() == 961


def test_a_31x31_kernel_has_107_times_the_weights_of_a_3x3():
    layer = LargeKernel(4, 31)
    weights = layer.lkb_origin.conv.weight[0].numel()
    assert weights == 961
    assert weights / 9 == pytest.approx(106.8, abs=0.03)
    assert layer(torch.randn(2, 4, 5, 7)).shape == (2, 4, 5, 7)  # runs on maps smaller than itself


def test_files_of_the_authors_name_the_last_layer_otherwise():
    network, other = small_replknet(), small_replknet()
    nn.init.normal_(other.fc.weight)
    theirs = {key.replace("fc.", "head."): value for key, value in other.state_dict().items()}
    assert "head.weight" in theirs
    assert load_weights(network, theirs).tensors == len(theirs)
    assert torch.equal(network.fc.weight, other.fc.weight)


def test_context_sees_more_with_every_layer_as_the_papers_table_says():
    network = create_model("dilated_context").eval()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 0.1)
    fields = []
    for depth in range(2, 15, 2):
        image = torch.ones(1, 3, 81, 81, requires_grad=True)
        network.context[:depth](network.front(image))[0, 0, 40, 40].backward()
        rows, columns = image.grad[0].sum(dim=0).nonzero(as_tuple=True)
        assert rows.unique().numel() == columns.unique().numel()
        fields.append((rows.max() - rows.min() + 1).item())
    assert fields == [3, 5, 9, 17, 33, 65, 67]


def test_context_starts_as_the_identity():
    network, images = create_model("dilated_context").eval(), torch.randn(2, 3, 20, 24)
    torch.testing.assert_close(network.feature_maps(images)[0], network.front(images))


def test_context_holds_64_squares_of_its_width_with_one_more_layer_of_its_width():
    network = create_model("dilated_context", num_classes=WIDTH)
    layers = [*network.context, network.classifier]
    weights = sum(layer.weight.numel() for layer in layers if isinstance(layer, nn.Conv2d))
    assert weights == 64 * WIDTH**2 == 65_536


def test_logits_are_averages_of_class_maps():
    network, images = create_model("dilated_context").eval(), torch.randn(2, 3, 9, 11)
    maps = network.class_maps(images)
    assert maps.shape == (2, 10, 9, 11)
    torch.testing.assert_close(network(images), maps.sum(dim=(2, 3)) / 99)


def test_a_convnext_block_starts_as_nearly_the_identity():
    block, maps = ConvNeXtBlock(16, 0.5).eval(), torch.randn(2, 16, 9, 7)
    moved = (block(maps) - maps).abs().max().item()
    assert 0 < moved < 1e-4


def test_convnexts_third_stage_multiplies_as_often_as_arithmetic_by_hand_says():
    """At 14x14: 9 blocks of 384 channels, each 49 C + 8 C^2 multiplies a cell."""
    with torch.device("meta"):
        stage = create_model("convnext_tiny").eval().features[5]
        with FlopCounterMode(display=False) as counter:
            stage(torch.empty(1, 384, 14, 14))
    assert counter.get_total_flops() // 2 == 9 * 14 * 14 * (49 * 384 + 8 * 384**2)
