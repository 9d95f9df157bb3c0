"""LeNet-5 of 1998, AlexNet, ZFNet, Network in Network and VGG against the course's tables, row by row."""

import pytest
import torch
from tests.conftest import SHARED
from torch import Tensor, nn

from striate.errors import StriateError
from striate.layers.response_norm import ResponseNorm
from striate.models.build import create_model
from striate.models.catalog import MODELS
from striate.models.classification.lenet_1998 import ScaledTanh, codes, lenet5_1998
from striate.models.classification.vgg import start_from_shallower
from striate.models.weights.pretrained import load_weights
from striate.tasks.classify.step import ClassifyStep


def on_meta(name: str) -> nn.Module:
    with torch.device("meta"):
        return create_model(name).eval()


def weighted(network: nn.Module) -> list[nn.Module]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]


def outputs(network: nn.Module, images: Tensor, kinds: type | tuple[type, ...]) -> list[tuple[int, ...]]:
    """Shapes without the batch of what every layer of these kinds puts out."""
    shapes = []
    for layer in network.modules():
        if isinstance(layer, kinds):
            layer.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
    network(images)
    return shapes


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_every_layer_of_lenet_1998_has_the_papers_parameters_and_connections():
    network = on_meta("lenet5_1998")
    layers = [network.c1, network.s2, network.c3, network.s4, network.c5, network.f6]
    assert [count(layer) for layer in layers] == [156, 12, 1_516, 32, 48_120, 10_164]
    places = [28 * 28, 14 * 14, 10 * 10, 5 * 5, 1, 1]
    fields = [6 * 26, 6 * 5, 60 * 25 + 16, 16 * 5, 48_120, 10_164]  # inputs and biases read at one place
    connections = [place * field for place, field in zip(places, fields, strict=True)]
    assert connections == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164]
    assert sum(connections) + 84 * 10 == 340_908
    images = torch.empty(1, 1, 32, 32, device="meta")
    assert outputs(network, images, tuple(type(layer) for layer in layers)) == [
        (6, 28, 28),
        (6, 14, 14),
        (16, 10, 10),
        (16, 5, 5),
        (120, 1, 1),
        (84,),
    ]


def test_the_output_codes_are_pictures_of_the_ten_digits():
    drawn = codes(10).view(10, 12, 7)
    assert drawn.unique().tolist() == [-1, 1]
    assert drawn[1, :10, 3:5].eq(1).all()  # the stroke of the one
    assert drawn[8, :10].flip(1).equal(drawn[8, :10])  # an eight looks the same in a mirror
    flat = drawn.flatten(1)
    differing = (flat[:, None] != flat[None]).sum(dim=2) + 84 * torch.eye(10, dtype=torch.int64)
    assert differing.min() >= 5
    assert codes(3).shape == (3, 84)
    assert torch.equal(codes(3), codes(3))


def test_the_squashing_function_maps_one_to_one():
    values = ScaledTanh()(torch.tensor([-100.0, -1, 0, 1, 100]))
    assert values.tolist() == pytest.approx([-1.7159, -1, 0, 1, 1.7159], abs=1e-4)


def test_lenet_1998_starts_within_the_papers_bounds():
    torch.manual_seed(0)
    network = lenet5_1998()
    for layer, fan_in in ((network.c1, 25), (network.c5, 400), (network.f6, 120)):
        assert 0.9 * 2.4 / fan_in < layer.weight.abs().max() <= 2.4 / fan_in
    largest = network.c3.weight.abs().amax(dim=(1, 2)) * network.c3.fan_in
    assert largest.max() <= 2.4 + 1e-5


def test_training_lenet_1998_uses_its_own_loss():
    from striate.data.sample import Batch
    from striate.losses.discriminative_map import discriminative_map
    from striate.preprocess.preprocessing import Preprocessing

    preprocessing = Preprocessing((32, 32), 1, (0.5,), (0.5,))
    torch.manual_seed(0)
    network = lenet5_1998()
    step = ClassifyStep(network, preprocessing, label_smoothing=0.3)
    pictures = torch.randint(0, 255, (4, 1, 32, 32), dtype=torch.uint8)
    batch = Batch(pictures=pictures, labels=torch.tensor([1, 2, 3, 4]), rows=torch.arange(4))
    logits = network(preprocessing.normalise(pictures))
    expected = discriminative_map(logits, batch.labels, network.rejection).total
    torch.testing.assert_close(step.train()(batch).total, expected)
    torch.testing.assert_close(step.eval()(batch).losses.total, expected)


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        (
            "alexnet_2012_one_tower",
            [34_848, 614_400, 884_736, 1_327_104, 884_736, 37_748_736, 16_777_216, 4_096_000],
        ),
        ("alexnet_2012", [34_848, 307_200, 884_736, 663_552, 442_368, 37_748_736, 16_777_216, 4_096_000]),
    ],
)
def test_alexnet_has_the_tables_weights_layer_by_layer(name, weights):
    assert [layer.weight.numel() for layer in weighted(on_meta(name))] == weights


@pytest.mark.parametrize("name", ["alexnet_2012_one_tower", "alexnet_2012"])
def test_alexnet_has_the_tables_sizes_and_650_000_neurons(name):
    images = torch.empty(1, 3, 227, 227, device="meta")
    maps = [
        (96, 55, 55),
        (256, 27, 27),
        (384, 13, 13),
        (384, 13, 13),
        (256, 13, 13),
    ]
    found = outputs(on_meta(name), images, (nn.Conv2d, nn.Linear))
    assert found == [*maps, (4096,), (4096,), (1000,)]
    assert sum(torch.Size(shape).numel() for shape in found) == 659_272
    assert outputs(on_meta(name), images, nn.MaxPool2d) == [(96, 27, 27), (256, 13, 13), (256, 6, 6)]


def test_the_paper_normalises_before_it_pools_and_the_lecture_after():
    def order(name):
        wanted = (ResponseNorm, nn.MaxPool2d)
        return [
            isinstance(layer, ResponseNorm) for layer in on_meta(name).features if isinstance(layer, wanted)
        ]

    assert order("alexnet_2012") == [True, False, True, False, False]
    assert order("alexnet_2012_one_tower") == [False, True, False, True, False]


def test_alexnets_halves_do_not_see_each_other_at_the_second_layer():
    layer = weighted(create_model("alexnet_2012", 10, image_size=67))[1]
    image = torch.randn(1, 96, 5, 5)
    other = image.clone()
    other[:, 48:] = 0
    assert torch.equal(layer(image)[:, :128], layer(other)[:, :128])
    assert not torch.equal(layer(image)[:, 128:], layer(other)[:, 128:])


def test_zfnet_changes_alexnets_first_and_last_convolutions():
    network = on_meta("zfnet")
    convolutions = weighted(network)[:5]
    assert [layer.weight.numel() for layer in convolutions] == [
        14_112,
        614_400,
        1_179_648,
        4_718_592,
        4_718_592,
    ]
    images = torch.empty(1, 3, 224, 224, device="meta")
    assert outputs(network, images, nn.Conv2d) == [
        (96, 110, 110),
        (256, 26, 26),
        (512, 13, 13),
        (1024, 13, 13),
        (512, 13, 13),
    ]
    assert outputs(on_meta("zfnet"), images, nn.MaxPool2d) == [(96, 55, 55), (256, 13, 13), (512, 6, 6)]


def test_network_in_network_has_no_dense_layer_and_averages_its_class_maps():
    network = on_meta("network_in_network")
    assert [layer.weight.shape[:2] for layer in weighted(network)] == [
        (192, 3), (160, 192), (96, 160),
        (192, 96), (192, 192), (192, 192),
        (192, 192), (192, 192), (10, 192),
    ]  # fmt: skip
    assert not any(isinstance(layer, nn.Linear) for layer in network.modules())


@pytest.mark.parametrize(
    ("name", "weights", "layers"),
    [
        ("vgg11", 132_851_392, 11),
        ("vgg11_lrn", 132_851_392, 11),
        ("vgg13", 133_035_712, 13),
        ("vgg16_c", 133_625_536, 16),
        ("vgg16", 138_344_128, 16),
        ("vgg19", 143_652_544, 19),
    ],
)
def test_vgg_has_the_columns_depth_and_weights(name, weights, layers):
    found = weighted(on_meta(name))
    assert len(found) == layers
    assert sum(layer.weight.numel() for layer in found) == weights
    convolutions = [layer for layer in found if isinstance(layer, nn.Conv2d)]
    assert sum(layer.kernel_size == (1, 1) for layer in convolutions) == (3 if name == "vgg16_c" else 0)
    assert sum(isinstance(layer, ResponseNorm) for layer in on_meta(name).features) == (name == "vgg11_lrn")


def test_vgg16s_trunk_has_the_summarys_rows_at_150_pixels():
    trunk = on_meta("vgg16").features
    assert count(trunk) == 14_714_688
    images = torch.empty(1, 3, 150, 150, device="meta")
    pools = outputs(trunk, images, nn.MaxPool2d)
    assert pools == [(64, 75, 75), (128, 37, 37), (256, 18, 18), (512, 9, 9), (512, 4, 4)]
    convolutions = [count(layer) for layer in trunk if isinstance(layer, nn.Conv2d)]
    assert convolutions[:6] == [1_792, 36_928, 73_856, 147_584, 295_168, 590_080]
    assert convolutions[6:] == [590_080, 1_180_160] + [2_359_808] * 5
    dense = (torch.Size(pools[-1]).numel() + 1) * 256 + 257
    assert count(trunk) + dense == 16_812_353
    assert (dense, dense + 3 * 2_359_808) == (2_097_665, 9_177_089)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg13", "vgg19"])
def test_a_deeper_vgg_starts_from_the_trained_shallow_one(name):
    shallow, deep = create_model("vgg11"), create_model(name)
    before = [layer.weight.clone() for layer in weighted(deep)]
    start_from_shallower(deep, shallow)
    changed = [i for i, layer in enumerate(weighted(deep)) if not torch.equal(layer.weight, before[i])]
    copied = [layer for i, layer in enumerate(weighted(deep)) if i in changed]
    assert len(copied) == 7
    sources = weighted(shallow)
    for source, target in zip([*sources[:4], *sources[-3:]], copied, strict=True):
        assert torch.equal(source.weight, target.weight)
        assert torch.equal(source.bias, target.bias)
    assert changed[-3:] == [len(before) - 3, len(before) - 2, len(before) - 1]


def test_a_vgg_of_other_classes_is_no_start():
    with torch.device("meta"):
        shallow, deep = create_model("vgg11", num_classes=10), create_model("vgg13")
    with pytest.raises(StriateError, match="same num_classes"):
        start_from_shallower(deep, shallow)


def test_a_trunk_on_its_own_is_loaded_into_the_trunk():
    path = SHARED / "weights/vgg16_features.hed.safetensors"
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    trunk = on_meta("vgg16").features.to_empty(device="cpu")
    loaded = load_weights(trunk, path)
    assert loaded.tensors == 26
    assert "prefix 'features.'" in loaded.notes[0]
    with torch.no_grad():
        maps = trunk(torch.randn(1, 3, 64, 64))
    assert maps.shape == (1, 512, 2, 2)
    assert maps.max() > 0


def test_the_papers_networks_draw_small_weights_and_let_rectifiers_start_active():
    layers = weighted(create_model("alexnet_2012", 10, image_size=67))
    assert [layer.bias.unique().tolist() for layer in layers] == [[0], [1], [0], [1], [1], [1], [1], [0]]
    assert layers[1].weight.std().item() == pytest.approx(0.01, rel=0.02)


def test_the_dense_baseline_has_the_books_parameters():
    assert [count(layer) for layer in weighted(on_meta("book_dense"))] == [401_920, 5_130]
    assert MODELS["book_dense"].parameters == 28 * 28 * 512 + 512 + 512 * 10 + 10 == 407_050
