"""Residual networks against the course's literals, arithmetic by hand and laws of shortcuts."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.models.build import create_model
from striate.models.catalog import MODELS
from striate.models.classification.plain import PlainBlock
from striate.models.classification.resnet import BasicBlock, Block, Bottleneck, Bottleneck2015, ResNet
from striate.models.classification.resnet_cifar import BlockA, ZeroPadded
from striate.models.classification.senet import SqueezeExcite, SqueezeExciteBottleneck

# The course's parameters, sections 1.11 and 4.8.
COUNTS = {
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnet20_cifar": 269_722,
    "resnet32_cifar": 464_154,
    "resnet44_cifar": 658_586,
    "resnet56_cifar": 853_018,
    "resnet110_cifar": 1_727_962,
    "resnet1202_cifar": 19_421_274,
}
DEPTHS = {"se_resnet50": 50, "cbam_resnet50": 50, "resnext50_32x4d": 50, "resnext101_32x8d": 101}
DEPTHS |= {"wide_resnet50_2": 50, "wide_resnet101_2": 101, "resnet50_2015": 50, "plain18": 18, "plain34": 34}
DEPTHS |= {name: int(name.split("_")[0].removeprefix("resnet")) for name in COUNTS}
DEPTHS |= {f"plain{depth}_cifar": depth for depth in (20, 32, 44, 56, 110)}
BLOCKS = [BasicBlock, BlockA, Bottleneck, Bottleneck2015, SqueezeExciteBottleneck]


def without_correction(block: Block) -> Block:
    """The block in eval mode, the weights of its last norm zero."""
    nn.init.zeros_((block.bn2 if isinstance(block, BasicBlock) else block.bn3).weight)
    return block.eval()


@pytest.mark.parametrize("name", COUNTS)
def test_parameters_are_the_lectures(name):
    assert MODELS[name].parameters == COUNTS[name]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if "1202" in name else name for name in DEPTHS]
)
def test_a_name_counts_the_layers_on_the_longest_way(name):
    with torch.device("meta"):
        layers = [key for key, layer in create_model(name).named_modules() if type(layer) is nn.Conv2d]
    assert sum(".se." not in key and "downsample" not in key for key in layers) + 1 == DEPTHS[name]


def test_option_a_adds_nothing_and_option_b_173_824_parameters_to_resnet34():
    class A(BlockA):
        """ResNet-34 with shortcuts that do not learn."""

    with torch.device("meta"):
        counts = [
            sum(values.numel() for values in ResNet(block, (3, 4, 6, 3), 1000, 3).parameters())
            for block in (PlainBlock, A, BasicBlock)
        ]
    assert counts == [21_623_848, 21_623_848, 21_797_672]
    assert counts[2] - counts[1] == 173_824 == 172_032 + 1_792
    assert MODELS["plain34"].parameters == counts[0]


def test_option_b_adds_the_weights_and_norms_of_two_projections_to_small_networks():
    added = 16 * 32 + 32 * 64 + 2 * (32 + 64)
    for depth in (20, 32, 44, 56, 110, 1202):
        a, b = MODELS[f"resnet{depth}_cifar"], MODELS[f"resnet{depth}_cifar_b"]
        assert b.parameters - a.parameters == added
        assert b.multiply_adds - a.multiply_adds == 16 * 16 * 16 * 32 + 8 * 8 * 32 * 64


@pytest.mark.parametrize("height", [4, 5])
@pytest.mark.parametrize("width", [6, 7])
def test_option_a_takes_every_second_cell_and_adds_zero_channels(height, width):
    maps = torch.randn(2, 3, height, width)
    received = ZeroPadded(5, stride=2)(maps)
    assert received.shape == (2, 5, -(-height // 2), -(-width // 2))
    for b, c, y, x in torch.cartesian_prod(*map(torch.arange, received.shape)).tolist():
        assert received[b, c, y, x].item() == (maps[b, c, 2 * y, 2 * x].item() if c < 3 else 0)


@pytest.mark.parametrize("block", BLOCKS)
def test_without_a_correction_a_block_is_the_identity(block):
    maps = torch.rand(2, 16 * block.expansion, 5, 7)
    assert torch.equal(without_correction(block(16 * block.expansion, 16, 1))(maps), maps)


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_without_a_correction_a_smaller_map_is_the_projection_alone(block):
    maps, built = torch.rand(1, 8, 5, 7), without_correction(block(8, 16, 2))
    projection = built.downsample[0].weight[:, :, 0, 0]  # W_s
    expected = torch.einsum("oc,bchw->bohw", projection, maps[:, :, ::2, ::2]) / (1 + 1e-5) ** 0.5
    torch.testing.assert_close(built(maps), expected.relu())


def test_a_plain_block_without_weights_forgets_its_input():
    block = PlainBlock(8, 8, 1).eval()
    nn.init.zeros_(block.bn2.weight)
    assert not block(torch.rand(1, 8, 4, 4)).any()


@pytest.mark.parametrize("block", [*BLOCKS, PlainBlock])
@pytest.mark.parametrize("side", [8, 9])
def test_a_block_with_a_stride_halves_sides_rounded_up(block, side):
    maps = block(8, 16, 2).eval()(torch.rand(1, 8, side, side))
    assert maps.shape == (1, 16 * block.expansion, -(-side // 2), -(-side // 2))


def test_a_small_change_of_a_weight_is_all_of_a_correction_and_little_of_an_output():
    """The course divides by the output for the plain layer and by the correction for the residual one."""

    def convolve(weight: float) -> Tensor:
        return F.conv2d(torch.ones(1, 1, 1, 1), torch.full((1, 1, 1, 1), weight))

    plain = [convolve(weight).item() for weight in (1.1, 1.2)]
    corrections = [convolve(weight).item() for weight in (0.1, 0.2)]
    outputs = [1 + correction for correction in corrections]

    def change(values: list[float]) -> float:
        return (values[1] - values[0]) / values[0]

    assert plain == pytest.approx([1.1, 1.2])
    assert outputs == pytest.approx([1.1, 1.2])
    assert change(plain) == pytest.approx(0.0909, abs=5e-5)
    assert change(corrections) == pytest.approx(1.0, abs=1e-5)
    assert change(outputs) == pytest.approx(change(plain), abs=1e-5)


@pytest.mark.parametrize(("side", "fits"), [(28, True), (27, False), (7, False)])
def test_keras_residual_block_with_a_pool_fits_even_sides_only(side, fits):
    """Two 3x3 'same', MaxPool 2, beside a 1x1 of stride 2, 'same': the pool floors, the convolution ceils."""
    images = torch.randn(1, 3, side, side)
    same = nn.Conv2d(3, 8, 3, padding="same"), nn.Conv2d(8, 8, 3, padding="same")
    branch = F.max_pool2d(same[1](same[0](images).relu()).relu(), 2)
    shortcut = nn.Conv2d(3, 8, 1, stride=2)(images)
    assert (branch.shape[-1], shortcut.shape[-1]) == (side // 2, -(-side // 2))
    if fits:
        assert (branch + shortcut).shape == (1, 8, 14, 14)
    else:
        with pytest.raises(RuntimeError, match="must match"):
            branch + shortcut


def test_keras_residual_block_of_equal_sides_needs_as_many_channels():
    layers = nn.Sequential(*(nn.Conv2d(128, 128, 3, padding="same") for _ in range(3)))
    images = torch.randn(1, 128, 7, 7)
    assert (layers(images) + images).shape == (1, 128, 7, 7)
    with pytest.raises(RuntimeError, match="must match"):
        layers(images) + images[:, :100]


@pytest.mark.parametrize(("block", "field"), [(Bottleneck2015, 483), (Bottleneck, 427)])
@pytest.mark.slow
def test_one_cell_of_resnet50_sees_as_many_pixels_as_the_course_says(block, field):
    """Gradient of one cell on a narrow strip; positive weights, pools that average: nothing cancels."""
    network = ResNet(block, (3, 4, 6, 3), 10, 1).double().eval()
    network.maxpool = nn.AvgPool2d(3, stride=2, padding=1)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 1 / layer.weight[0].numel())
    strip = torch.ones(1, 1, 1, 1024, dtype=torch.float64, requires_grad=True)
    last = network.feature_maps(strip)[-1]
    last[0, 0, 0, 16].backward()
    seen = strip.grad[0, 0, 0].nonzero().flatten()
    assert (seen[-1] - seen[0] + 1).item() == field


def test_the_published_resnet50_works_less_and_reads_torchvisions_weights():
    assert MODELS["resnet50_2015"].multiply_adds == 3_857_973_248  # 3.8e9 in the paper, table 1
    assert MODELS["resnet50"].multiply_adds == 4_089_184_256
    with torch.device("meta"):
        new, old = create_model("resnet50"), create_model("resnet50_2015")
    assert {key: value.shape for key, value in new.state_dict().items()} == {
        key: value.shape for key, value in old.state_dict().items()
    }
    assert [(block[0].conv1.stride, block[0].conv2.stride) for block in (old.layer1, old.layer2)] == [
        ((1, 1), (1, 1)),
        ((2, 2), (1, 1)),
    ]


def test_squeeze_and_excitation_adds_two_squares_of_channels_by_the_reduction():
    layer = SqueezeExcite(512)
    assert layer.fc1.weight.numel() + layer.fc2.weight.numel() == 32_768
    widths = {256: 3, 512: 4, 1024: 6, 2048: 3}
    weights = sum(blocks * 2 * width**2 // 16 for width, blocks in widths.items())
    biases = sum(blocks * (width // 16 + width) for width, blocks in widths.items())
    assert weights == 2_514_944  # the paper: 2.5 million
    assert MODELS["se_resnet50"].parameters == 25_557_032 + weights + biases
    # A 7x7 convolution over two maps and a norm of one channel in each of 16 blocks.
    assert MODELS["cbam_resnet50"].parameters == MODELS["se_resnet50"].parameters + 16 * (98 + 2)


def test_squeeze_and_excitation_weighs_channels_by_their_averages():
    layer, maps = SqueezeExcite(32), torch.randn(2, 32, 3, 4)
    for b in range(2):
        average = maps[b].flatten(1).mean(dim=1)
        hidden = (layer.fc1.weight[:, :, 0, 0] @ average + layer.fc1.bias).clamp(min=0)
        weights = 1 / (1 + (-(layer.fc2.weight[:, :, 0, 0] @ hidden + layer.fc2.bias)).exp())
        for c in range(32):
            torch.testing.assert_close(layer(maps)[b, c], maps[b, c] * weights[c])


def test_wider_and_grouped_bottlenecks_hold_the_papers_weights():
    """Figure 1 of ResNeXt: a block of 256 channels has about 70 thousand weights with either kind."""
    with torch.device("meta"):
        first = {name: create_model(name).layer1[1] for name in ("resnet50", "resnext50_32x4d")}
        wide = create_model("wide_resnet50_2").layer1[1]
    convs = {
        name: [(conv.in_channels, conv.out_channels, conv.groups) for conv in (x.conv1, x.conv2, x.conv3)]
        for name, x in {**first, "wide": wide}.items()
    }
    assert convs["resnet50"] == [(256, 64, 1), (64, 64, 1), (64, 256, 1)]
    assert convs["resnext50_32x4d"] == [(256, 128, 1), (128, 128, 32), (128, 256, 1)]
    assert convs["wide"] == [(256, 128, 1), (128, 128, 1), (128, 256, 1)]
    weights = {
        name: sum(
            before * after // groups * (9 if place == 1 else 1)
            for place, (before, after, groups) in enumerate(x)
        )
        for name, x in convs.items()
    }
    assert weights["resnet50"] == 256 * 64 + 3 * 3 * 64 * 64 + 64 * 256 == 69_632
    assert weights["resnext50_32x4d"] == 32 * (256 * 4 + 3 * 3 * 4 * 4 + 4 * 256) == 70_144
