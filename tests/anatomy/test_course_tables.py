"""The course's tables, row by row, from networks written down as plain modules."""

import pytest
import torch
import torchvision
from tests.anatomy.nets import Inception, alexnet, vgg, vgg_base
from torch import nn

from striate.anatomy.anatomy import anatomy_of


def meta(build):
    with torch.device("meta"):
        return build()


def kept(anatomy):
    """Rows that the course's tables have: no activation functions."""
    return [layer for layer in anatomy.layers if layer.kind not in {"ReLU", "relu"}]


def test_ten_filters_of_five_by_five_have_760_parameters():
    layer = anatomy_of(nn.Conv2d(3, 10, 5, padding=2), (3, 32, 32)).layers[0]
    assert layer.parameters == 760 and layer.output == (10, 32, 32)


def test_the_books_mnist_network():
    net = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10)),
    )
    anatomy = anatomy_of(net, (1, 28, 28))
    assert [(layer.output, layer.parameters) for layer in kept(anatomy)] == [
        *[((32, 26, 26), 320), ((32, 13, 13), 0), ((64, 11, 11), 18_496), ((64, 5, 5), 0)],
        *[((64, 3, 3), 36_928), ((576,), 0), ((64,), 36_928), ((10,), 650)],
    ]
    assert anatomy.parameters == anatomy.trainable_parameters == 93_322
    fields = [layer.receptive_field for layer in kept(anatomy)[:5]]
    assert fields == [(3, 3), (4, 4), (8, 8), (10, 10), (18, 18)]


def test_the_dense_baseline():
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
    anatomy = anatomy_of(net, (1, 28, 28))
    assert [layer.parameters for layer in kept(anatomy)] == [0, 401_920, 5_130]
    assert anatomy.parameters == 407_050


def test_the_books_cats_and_dogs_network_with_dropout():
    layers, before = [], 3
    for width in (32, 64, 128, 128):
        layers += [nn.Conv2d(before, width, 3), nn.ReLU(), nn.MaxPool2d(2)]
        before = width
    net = nn.Sequential(
        *layers, nn.Flatten(), nn.Dropout(), nn.Linear(6272, 512), nn.ReLU(), nn.Linear(512, 1)
    )
    anatomy = anatomy_of(net, (3, 150, 150))
    assert [(layer.output, layer.parameters) for layer in kept(anatomy)] == [
        *[((32, 148, 148), 896), ((32, 74, 74), 0), ((64, 72, 72), 18_496), ((64, 36, 36), 0)],
        *[((128, 34, 34), 73_856), ((128, 17, 17), 0), ((128, 15, 15), 147_584), ((128, 7, 7), 0)],
        *[((6272,), 0), ((6272,), 0), ((512,), 3_211_776), ((1,), 513)],
    ]
    assert anatomy.parameters == 3_453_121


def test_the_vgg16_base_and_its_classifier():
    base = meta(vgg_base)
    anatomy = anatomy_of(base, (3, 150, 150))
    assert [(layer.output[0], layer.output[1], layer.parameters) for layer in kept(anatomy)] == [
        *[
            (64, 150, 1_792),
            (64, 150, 36_928),
            (64, 75, 0),
            (128, 75, 73_856),
            (128, 75, 147_584),
            (128, 37, 0),
        ],
        *[(256, 37, 295_168), (256, 37, 590_080), (256, 37, 590_080), (256, 18, 0)],
        *[(512, 18, 1_180_160), (512, 18, 2_359_808), (512, 18, 2_359_808), (512, 9, 0)],
        *[(512, 9, 2_359_808)] * 3,
        (512, 4, 0),
    ]
    assert anatomy.parameters == 14_714_688
    net = nn.Sequential(base, nn.Flatten(), nn.Linear(8192, 256), nn.ReLU(), nn.Linear(256, 1))
    whole = anatomy_of(net, (3, 150, 150))
    assert [layer.parameters for layer in kept(whole)[-3:]] == [0, 2_097_408, 257]
    assert whole.parameters == whole.trainable_parameters == 16_812_353
    base.requires_grad_(False)
    assert anatomy_of(net, (3, 150, 150)).trainable_parameters == 2_097_665
    for layer in list(base)[-7:]:
        layer.requires_grad_(True)
    assert anatomy_of(net, (3, 150, 150)).trainable_parameters == 9_177_089


def test_alexnets_sizes_weights_and_multiplies():
    anatomy = anatomy_of(meta(alexnet), (3, 227, 227))
    rows = [(layer.output, layer.multiply_adds) for layer in kept(anatomy)]
    assert rows == [
        *[((96, 55, 55), 105_415_200), ((96, 27, 27), 0), ((96, 27, 27), 0)],
        *[((256, 27, 27), 447_897_600), ((256, 13, 13), 0), ((256, 13, 13), 0)],
        *[((384, 13, 13), 149_520_384), ((384, 13, 13), 224_280_576), ((256, 13, 13), 149_520_384)],
        *[((256, 6, 6), 0), ((9216,), 0)],
        *[((4096,), 37_748_736), ((4096,), 16_777_216), ((1000,), 4_096_000)],
    ]
    assert anatomy.parameters == 62_378_344 and anatomy.multiply_adds == 1_135_256_096
    assert anatomy.layers[0].parameters == 34_944
    fields = [layer.receptive_field[0] for layer in kept(anatomy) if layer.kind in {"Conv2d", "MaxPool2d"}]
    assert fields == [11, 19, 51, 67, 99, 131, 163, 195]
    assert anatomy_of(meta(lambda: alexnet(groups=2)), (3, 227, 227)).parameters == 60_965_224


def test_vgg16s_memory_is_15_million_values_and_not_24():
    anatomy = anatomy_of(meta(vgg), (3, 224, 224))
    values = [layer.bytes // 4 for layer in kept(anatomy) if layer.kind != "Flatten"]
    assert values == [
        *[3_211_264, 3_211_264, 802_816, 1_605_632, 1_605_632, 401_408, 802_816, 802_816, 802_816, 200_704],
        *[401_408, 401_408, 401_408, 100_352, 100_352, 100_352, 100_352, 25_088, 4096, 4096, 1000],
    ]
    assert anatomy.forward_bytes == 4 * 15_237_608 == 60_950_432
    weights = [layer.parameters - (layer.output[0] if layer.parameters else 0) for layer in kept(anatomy)]
    assert [count for count in weights if count] == [
        *[1_728, 36_864, 73_728, 147_456, 294_912, 589_824, 589_824, 1_179_648, 2_359_296, 2_359_296],
        *[2_359_296] * 3,
        *[102_760_448, 16_777_216, 4_096_000],
    ]
    assert sum(weights) == 138_344_128 and anatomy.parameters == 138_357_544
    first_two = anatomy.layers[0].bytes + anatomy.layers[2].bytes
    assert first_two / anatomy.forward_bytes == pytest.approx(0.42, abs=0.005)
    last_pool = [layer for layer in anatomy.layers if layer.kind == "MaxPool2d"][-1]
    assert last_pool.receptive_field == (212, 212) and last_pool.stride == (32, 32)


@pytest.mark.parametrize(
    ("column", "parameters", "values", "multiplies"),
    [
        ("A", 132_863_336, 9_116_136, 7_609_090_048),
        ("B", 133_047_848, 13_933_032, 11_308_466_176),
        ("D", 138_357_544, 15_237_608, 15_470_264_320),
        ("E", 143_667_240, 16_542_184, 19_632_062_464),
    ],
)
def test_the_vgg_family(column, parameters, values, multiplies):
    anatomy = anatomy_of(meta(lambda: vgg(column)), (3, 224, 224))
    assert (anatomy.parameters, anatomy.forward_bytes // 4, anatomy.multiply_adds) == (
        parameters,
        values,
        multiplies,
    )


def test_one_two_and_three_small_filters_see_three_five_and_seven():
    anatomy = anatomy_of(nn.Sequential(*(nn.Conv2d(1, 1, 3) for _ in range(3))), (1, 20, 20))
    assert [layer.receptive_field for layer in anatomy.layers] == [(3, 3), (5, 5), (7, 7)]
    net = nn.Sequential(*(nn.Conv2d(1, 1, 3, dilation=rate) for rate in (1, 2, 4)))
    assert anatomy_of(net, (1, 20, 20)).layers[-1].receptive_field == (15, 15)


def test_lenets_fields():
    net = nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.AvgPool2d(2), nn.Conv2d(16, 120, 5)),
        *(nn.Flatten(), nn.Linear(120, 84)),
    )
    anatomy = anatomy_of(net, (1, 32, 32))
    assert [layer.receptive_field for layer in anatomy.layers] == [(n, n) for n in (5, 6, 14, 16, 32, 32, 32)]
    assert anatomy.layers[4].parameters == 48_120 and anatomy.layers[6].parameters == 10_164
    assert anatomy.layers[4].output == (120, 1, 1)


def test_a_bottleneck_saves_seven_times():
    direct = anatomy_of(nn.Conv2d(256, 96, 5, padding=2, bias=False), (256, 28, 28))
    net = nn.Sequential(nn.Conv2d(256, 32, 1, bias=False), nn.Conv2d(32, 96, 5, padding=2, bias=False))
    bottleneck = anatomy_of(net, (256, 28, 28))
    assert (direct.multiply_adds, direct.parameters) == (481_689_600, 614_400)
    assert [layer.multiply_adds for layer in bottleneck.layers] == [6_422_528, 60_211_200]
    assert (bottleneck.multiply_adds, bottleneck.parameters) == (66_633_728, 84_992)


def test_an_inception_module_naive_and_reduced():
    naive = anatomy_of(Inception(256, 128, 0, 192, 0, 96, 0), (256, 28, 28))
    assert naive.layers[-1].kind == "cat" and naive.layers[-1].output == (672, 28, 28)
    assert naive.layers[-1].values == 526_848 and naive.multiply_adds == 854_196_224
    assert naive.parameters == 1_089_536
    reduced = anatomy_of(Inception(256, 128, 64, 192, 64, 96, 64), (256, 28, 28))
    assert reduced.multiply_adds == 271_351_808 and reduced.layers[-1].output == (480, 28, 28)
    assert reduced.parameters == 346_112
    assert set(reduced.layers[-1].inputs) == {"one", "three.1", "five.1", "pool.1"}


GOOGLENET = [  # side, before, 1x1, r3, 3x3, r5, 5x5, pool; weights and multiplies of the table
    (28, 192, 64, 96, 128, 16, 32, 32, 163_328, 128_049_152),
    (28, 256, 128, 128, 192, 32, 96, 64, 388_096, 304_267_264),
    (14, 480, 192, 96, 208, 16, 48, 64, 375_552, 73_608_192),
    (14, 512, 160, 112, 224, 24, 64, 64, 448_512, 87_908_352),
    (14, 512, 128, 128, 256, 24, 64, 64, 509_440, 99_850_240),
    (14, 512, 112, 144, 288, 32, 64, 64, 604_672, 118_515_712),
    (14, 528, 256, 160, 320, 32, 128, 128, 867_328, 169_996_288),
    (7, 832, 256, 160, 320, 32, 128, 128, 1_042_432, 51_079_168),
    (7, 832, 384, 192, 384, 48, 128, 128, 1_442_816, 70_697_984),
]


@pytest.mark.parametrize("row", GOOGLENET)
def test_googlenets_modules_have_the_tables_weights_and_multiplies(row):
    side, before, *widths, weights, multiplies = row
    anatomy = anatomy_of(meta(lambda: Inception(before, *widths)), (before, side, side))
    one, _, three, _, five, pool = widths
    assert anatomy.layers[-1].output == (one + three + five + pool, side, side)
    assert (anatomy.parameters, anatomy.multiply_adds) == (weights, multiplies)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("resnet18", 11_689_512), ("resnet34", 21_797_672), ("resnet50", 25_557_032), ("resnet152", 60_192_808)],
)
def test_resnets_have_the_courses_parameters(name, parameters):
    network = meta(lambda: torchvision.models.get_model(name, weights=None))
    assert anatomy_of(network, (3, 224, 224)).parameters == parameters


def test_grouped_and_separable_convolutions_save_what_the_course_says():
    plain, grouped = (anatomy_of(nn.Conv2d(256, 128, 3, groups=g, bias=False), (256, 9, 9)) for g in (1, 4))
    assert (plain.parameters, grouped.parameters) == (294_912, 73_728)
    net = nn.Sequential(nn.Conv2d(256, 256, 3, groups=256, bias=False), nn.Conv2d(256, 128, 1, bias=False))
    assert anatomy_of(net, (256, 9, 9)).parameters == 35_072
