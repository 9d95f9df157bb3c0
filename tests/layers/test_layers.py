"""Layers that libraries lack, against the course's numbers, plain convolutions and the written-out ops."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from striate.errors import StriateError
from striate.layers.contrast_norm import LocalContrastNorm, SubtractiveNorm
from striate.layers.locally_connected import LocallyConnected2d
from striate.layers.partial_convolution import PartialConv2d
from striate.layers.pooling import CentreWeightedPool2d, L2Pool2d
from striate.layers.radial_basis import RadialBasis, random_codes
from striate.layers.response_norm import ResponseNorm
from striate.layers.subsampling import TrainableSubsampling
from striate.layers.table_connected import C3_TABLE, TableConnected2d
from striate.lessons.pooling import centre_weighted_pool, l2_pool
from striate.ops.response_norm import response_norm


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(5))


def count(layer):
    return sum(parameter.numel() for parameter in layer.parameters())


def test_ones_stay_nine_everywhere_when_padding_is_not_counted():
    layer = PartialConv2d(1, 1, 3, padding=1)
    nn.init.ones_(layer.weight), nn.init.constant_(layer.bias, 0.5)
    assert layer(torch.ones(1, 1, 3, 3)).flatten().tolist() == pytest.approx([9.5] * 9)


def test_the_weight_of_a_border_counts_the_whole_window():
    layer = PartialConv2d(2, 1, (5, 3), padding=(2, 1), bias=False)
    nn.init.ones_(layer.weight)
    assert layer(torch.ones(1, 2, 5, 4)).flatten().tolist() == pytest.approx([2 * 15] * 20)


def test_partial_convolution_weighs_only_the_border_by_cells_inside():
    layer, image = PartialConv2d(4, 6, 3, padding=1, groups=2, bias=False), noise(2, 4, 6, 5)
    plain = F.conv2d(image, layer.weight, padding=1, groups=2)
    found = layer(image)
    torch.testing.assert_close(found[..., 1:-1, 1:-1], plain[..., 1:-1, 1:-1])
    torch.testing.assert_close(found[..., 0, 0], plain[..., 0, 0] * 9 / 4)
    torch.testing.assert_close(found[..., 0, 2], plain[..., 0, 2] * 9 / 6)


def test_pools_agree_with_their_written_out_form():
    image = noise(2, 3, 6, 6)
    torch.testing.assert_close(L2Pool2d(2)(image), l2_pool(image, 2))
    torch.testing.assert_close(CentreWeightedPool2d(3, 2)(image), centre_weighted_pool(image, 3, 2))
    flat = torch.zeros(1, 1, 2, 2, requires_grad=True)
    L2Pool2d(2)(flat).sum().backward()
    assert torch.isfinite(flat.grad).all()


def test_subsampling_trains_two_numbers_a_map_and_starts_as_the_average():
    assert (count(TrainableSubsampling(6)), count(TrainableSubsampling(16))) == (12, 32)
    layer, image = TrainableSubsampling(2), noise(1, 2, 4, 4)
    torch.testing.assert_close(layer(image), F.avg_pool2d(image, 2))
    with torch.no_grad():
        layer.coefficient.copy_(torch.tensor([2.0, 0])), layer.bias.copy_(torch.tensor([0.0, 7]))
    assert layer(image)[0, 0, 0, 0].item() == pytest.approx(2 * image[0, 0, :2, :2].sum().item(), rel=1e-5)
    assert layer(image)[0, 1].unique().tolist() == [7]


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1)])
def test_tied_local_connections_are_a_convolution(stride, padding):
    conv = nn.Conv2d(3, 4, 3, stride, padding)
    layer, image = LocallyConnected2d(3, 4, 3, (7, 6), stride, padding), noise(2, 3, 7, 6)
    with torch.no_grad():
        layer.weight.copy_(conv.weight.flatten(1)[:, :, None].expand_as(layer.weight))
        layer.bias.copy_(conv.bias[:, None].expand_as(layer.bias))
    torch.testing.assert_close(layer(image), conv(image))


def test_untied_connections_cost_what_the_course_says():
    assert count(LocallyConnected2d(1, 6, 5, (32, 32))) == 122_304 == 28 * 28 * 6 * (5 * 5 + 1)
    assert count(nn.Conv2d(1, 6, 5)) == 156
    layer, image = LocallyConnected2d(1, 1, 1, (2, 2)), torch.ones(1, 1, 2, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.arange(4.0).view(1, 1, 4)), layer.bias.zero_()
    assert layer(image).flatten().tolist() == [0, 1, 2, 3]
    with pytest.raises(StriateError, match="made for maps of 2x2 cannot read maps of 3x2"):
        layer(torch.ones(1, 1, 3, 2))


def test_c3_has_the_papers_parameters_and_equals_a_convolution_with_holes():
    layer, image = TableConnected2d(C3_TABLE, 6, 5), noise(2, 6, 14, 14)
    assert count(layer) == 1_516 == 6 * (3 * 25 + 1) + 9 * (4 * 25 + 1) + (6 * 25 + 1)
    nn.init.normal_(layer.bias)
    dense = torch.zeros(16, 6, 5, 5)
    pairs = [(row, source) for row, sources in enumerate(C3_TABLE) for source in sources]
    for (row, source), kernel in zip(pairs, layer.weight, strict=True):
        dense[row, source] = kernel
    torch.testing.assert_close(layer(image), F.conv2d(image, dense, layer.bias))


def test_the_misprinted_table_is_refused():
    # In the lecture's manner: marks of S2's maps 3 to 5 slipped, so the first columns read 3, 2, 2, 2 maps.
    misprint = [(0, 1, 2), (1, 2), (2, 3), (3, 4), *C3_TABLE[4:]]
    with pytest.raises(StriateError, match=r"input maps \[10, 10, 10, 9, .*10 times, 60 connections"):
        TableConnected2d(misprint, 6, 5)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ([(0, 1), (0, 1)], "maps 0 and 1 of the connection table both read"),
        (
            [(0, 6), (1, 2)],
            r"reads \[0, 6\]; it must name some of the maps 0 to 5",
        ),
        ([(), (1, 2)], "map 0"),
        ([(0, 0)], "map 0"),
    ],
)
def test_impossible_tables_are_refused(table, says):
    with pytest.raises(StriateError, match=says):
        TableConnected2d(table, 6, 5)


def test_the_nearest_code_gets_the_largest_logit_and_codes_do_not_learn():
    layer = RadialBasis(torch.tensor([[1.0, 1, -1], [-1, 1, 1]]))
    logits = layer(torch.tensor([[1.0, 1, 0], [-1, 1, 1]]))
    assert logits.tolist() == [[-1, -5], [-8, 0]]
    assert count(layer) == 0
    assert set(layer.state_dict()) == {"weight"}


def test_random_codes_are_signs_that_their_generator_decides():
    first, second = (random_codes(10, 84, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second)
    assert first.abs().unique().tolist() == [1]
    differing = (first[:, None] != first[None]).sum(dim=2)[~torch.eye(10, dtype=torch.bool)]
    assert differing.min() > 20


def test_response_norm_has_the_papers_constants():
    maps = noise(2, 7, 3, 3)
    torch.testing.assert_close(ResponseNorm()(maps), response_norm(maps))


def test_contrast_layers_ignore_brightness_and_the_second_also_ignores_contrast():
    image = noise(1, 3, 12, 12)
    subtractive, both = SubtractiveNorm(5), LocalContrastNorm(5)
    torch.testing.assert_close(subtractive(image + 3), subtractive(image), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(both(5 * image + 3), both(image), atol=1e-4, rtol=1e-3)
    assert not both.state_dict()
