"""Networks written as text: the course's examples, exact arithmetic, and errors that point."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from striate.errors import StriateError
from striate.models.backbone import Backbone, head_of, head_parameter_names, replace_head
from striate.models.build import create_model
from striate.models.catalog import find_entry, short_name
from striate.models.patterns.pattern import is_pattern, parse
from striate.models.patterns.pattern_shapes import plan_pattern

EXAMPLE = "INPUT 32x32x3 -> [[CONV3-32 -> RELU]*2 -> POOL2]*3 -> [FC256 -> RELU]*1 -> FC10"
KERAS = "INPUT 28x28x1 -> CONV3-25 p0 -> POOL2 -> CONV3-50 p0 -> POOL2 -> FC100 -> RELU -> FC10"
CONVNETJS = "INPUT 32x32x3 -> CONV5-16 -> RELU -> POOL2 -> [CONV5-20 -> RELU -> POOL2]*2 -> FC10 -> SOFTMAX"
ALEXNET = (
    "INPUT 227x227x3 -> CONV11-96 s4 p0 -> RELU -> LRN -> POOL3 s2 -> CONV5-256 g2 -> RELU -> LRN -> POOL3 s2"
    " -> CONV3-384 -> RELU -> CONV3-384 g2 -> RELU -> CONV3-256 g2 -> RELU -> POOL3 s2"
    " -> [FC4096 -> RELU -> DROPOUT]*2 -> FC1000"
)
BOOK = (
    "INPUT 28x28x1 -> [CONV3-32 p0 -> RELU -> POOL]*1 -> [CONV3-64 p0 -> RELU -> POOL]*1"
    " -> CONV3-64 p0 -> RELU -> FC64 -> RELU -> FC10"
)
LENET = (
    "INPUT 32x32x1 -> CONV5-6 p0 -> RELU -> POOL2 -> CONV5-16 p0 -> RELU -> POOL2"
    " -> FC120 -> RELU -> FC84 -> RELU -> FC10"
)


def kinds(text):
    return [type(layer).__name__ for layer in create_model(text).layers]


def counted(text):
    with torch.device("meta"):
        network = create_model(text).eval()
        images = torch.empty(1, *find_entry(text).input)
    with FlopCounterMode(display=False) as counter:
        network(images)
    return sum(p.numel() for p in network.parameters()), counter.get_total_flops() // 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INPUT -> FC", ["Flatten", "Linear"]),
        ("INPUT -> CONV -> RELU -> FC", ["Conv2d", "ReLU", "Flatten", "Linear"]),
        (
            "INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC",
            ["Conv2d", "ReLU", "MaxPool2d"] * 2 + ["Flatten", "Linear", "ReLU", "Linear"],
        ),
        (
            "INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC",
            (["Conv2d", "ReLU"] * 2 + ["MaxPool2d"]) * 3 + ["Flatten"] + ["Linear", "ReLU"] * 2 + ["Linear"],
        ),
    ],
)
def test_the_courses_four_examples_are_built(text, expected):
    assert kinds(text) == expected
    assert create_model(text)(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        (KERAS, 137_660),
        (CONVNETJS, 22_466),
        (ALEXNET, 60_965_224),
        ("INPUT 28x28x1 -> FC512 -> RELU -> FC10", 407_050),
        (
            BOOK,
            93_322,
        ),
        (
            LENET,
            61_706,
        ),
        ("INPUT 32x32x3 -> CONV5-10 p2 -> GAP -> FC1", 760 + 11),
        ("INPUT 16x16x256 -> CONV3-128 g4 -> FC1", 73_728 + 128 + 16 * 16 * 128 + 1),
    ],
)
def test_networks_of_the_course_have_their_parameters_and_torch_counts_the_same(text, parameters):
    entry = find_entry(text)
    assert entry.parameters == parameters
    assert counted(text) == (parameters, entry.multiply_adds)


def test_the_courses_comparisons_come_out():
    def spent(text):
        placed = plan_pattern(text).layers[:-1]
        return sum(one.parameters for one in placed), sum(one.multiply_adds for one in placed)

    direct = "INPUT 28x28x256 -> CONV5-96 -> FC1"
    bottleneck = "INPUT 28x28x256 -> CONV1-32 -> CONV5-96 -> FC1"
    assert spent(direct) == (614_400 + 96, 481_689_600)
    assert spent(bottleneck) == (84_992 + 32 + 96, 66_633_728)
    assert spent("INPUT 32x32x3 -> CONV5-6 p0 -> FC1")[0] == 456
    assert spent("INPUT 32x32x3 -> FC4704 -> FC1")[0] == 14_455_392
    assert spent("INPUT 32x32x1 -> FC4704 -> FC1")[0] == 4_821_600
    whole, pair = (
        spent("INPUT 9x9x64 -> CONV7-64 -> FC1"),
        spent("INPUT 9x9x64 -> CONV1x7-64 -> CONV7x1-64 -> FC1"),
    )
    assert (pair[0] - 128) / (whole[0] - 64) == 2 / 7
    assert spent("INPUT 9x9x64 -> [CONV3-64]*3 -> FC1")[0] - 3 * 64 == 110_592
    assert whole[0] - 64 == 200_704


def test_sizes_follow_layer_by_layer():
    sizes = [placed.output for placed in plan_pattern(KERAS).layers]
    assert sizes == [
        (25, 26, 26),
        (25, 13, 13),
        (50, 11, 11),
        (50, 5, 5),
        (100, 1, 1),
        (100, 1, 1),
        (10, 1, 1),
    ]
    simple = "INPUT 39x39x3 -> CONV3-10 p0 -> CONV5-20 s2 p0 -> CONV5-40 s2 p0 -> FLATTEN -> FC2"
    assert [placed.output for placed in plan_pattern(simple).layers[:4]] == [
        (10, 37, 37),
        (20, 17, 17),
        (40, 7, 7),
        (1960, 1, 1),
    ]
    assert plan_pattern(simple).layers[0].parameters == 280  # ten 3x3x3 filters
    assert plan_pattern("INPUT 7x7x1024 -> GAP -> FC1000").layers[0].output == (1024, 1, 1)
    assert plan_pattern("INPUT 5x5x16 -> FLATTEN -> FC1").layers[0].output == (400, 1, 1)
    demo = [placed.output for placed in plan_pattern(CONVNETJS).layers]
    assert demo[:4] == [(16, 32, 32), (16, 32, 32), (16, 16, 16), (20, 16, 16)]


def test_every_kind_of_layer_computes_what_its_plan_says():
    text = (
        "input 16x12x2 -> conv3x1-8 d2 -> bn -> tanh -> lrn -> lcn -> l2pool2 -> conv3-8 g4 s2 -> sigmoid"
        " -> avgpool2 s1 -> softsign -> sumpool2 s1 -> gelu -> maxpool1 -> dropout0.2 -> flatten"
        " -> dense6 -> bn -> relu -> fc3"
    )
    network = create_model(text).train()
    images = torch.randn(4, 2, 16, 12)
    placed = plan_pattern(text).layers
    outputs = {}
    for name, layer in network.layers.named_children():
        images = layer(images)
        outputs[name] = tuple(images.shape[1:])
    outputs.pop("flatten", None)
    assert [(*size, 1, 1)[:3] for size in outputs.values()] == [one.output for one in placed]
    assert network.layers.dropout1.p == pytest.approx(0.2)
    ones = torch.ones(1, 8, 3, 2)
    assert network.layers.sumpool1(ones).unique().tolist() == [4]


def test_a_pattern_is_a_network_like_any_other():
    network = create_model(EXAMPLE)
    assert isinstance(network, Backbone)
    assert network.strides == (2, 4, 8)
    maps = network.feature_maps(torch.zeros(1, 3, 32, 32))
    assert [tuple(found.shape[1:]) for found in maps] == [(32, 16, 16), (32, 8, 8), (32, 4, 4)]
    assert head_of(network).out_features == 10
    assert head_parameter_names(network) == {"layers.fc2.weight", "layers.fc2.bias"}
    replace_head(network, 4)
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 4)


def test_a_pattern_without_dense_layers_ends_with_the_average_of_its_class_maps():
    text = "INPUT 8x8x1 -> CONV3-6 -> RELU -> POOL2 -> CONV1-10 -> GAP"
    network = create_model(text)
    assert isinstance(head_of(network), nn.Conv2d)
    assert network.strides == (2,)
    assert network(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
    replace_head(network, 3)
    assert network(torch.zeros(2, 1, 8, 8)).shape == (2, 3)


def test_maps_of_one_cell_are_flattened_too():
    assert create_model("INPUT 2x2x1 -> POOL2 -> FC5")(torch.zeros(3, 1, 2, 2)).shape == (3, 5)
    assert create_model("INPUT 4x4x1 -> FC5").feature_maps(torch.zeros(3, 1, 4, 4))[0].shape == (3, 1, 4, 4)


def test_classes_channels_and_size_can_be_others_than_written():
    network = create_model(EXAMPLE, num_classes=3, in_channels=1, image_size=(40, 24))
    assert network(torch.zeros(2, 1, 40, 24)).shape == (2, 3)
    assert find_entry(EXAMPLE).classes == 10
    assert find_entry(EXAMPLE).input == (3, 32, 32)
    with pytest.raises(StriateError, match=r">>>POOL2<<<.*after 1x1x32, a window that spans 2 pixels"):
        create_model(EXAMPLE, image_size=4)


def test_one_step_lowers_the_loss_and_every_parameter_learns():
    torch.manual_seed(1)
    network, images = create_model(EXAMPLE), torch.randn(8, 3, 32, 32)
    labels = torch.arange(8)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    before = nn.functional.cross_entropy(network(images), labels)
    before.backward()
    assert all(parameter.grad.any() for parameter in network.parameters())
    optimizer.step()
    assert nn.functional.cross_entropy(network(images), labels) < before


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        (
            "INPUT 32x32x3 -> CONV3-32 -> PUL2 -> FC10",
            ">>>PUL2<<<",
            "is no layer. Did you mean POOL? Layers are CONV",
        ),
        ("INPUT 32x32x3 -> [CONV3-32 -> RELU*2 -> FC10", ">>>*<<<", "expected '->' or a closing bracket"),
        ("INPUT 32x32x3 -> [CONV3-32 -> RELU -> FC10", ">>>[<<<", "this bracket is never closed"),
        ("INPUT 32x32x3 -> [CONV3-32)*2 -> FC10", ">>>)<<<", "expected the bracket that closes '['"),
        ("INPUT 32x32x3 -> [CONV3-32]*N -> FC10", ">>>N<<<", "how often, a number such as *3"),
        ("INPUT 32x32x3 -> CONV3-32 -> POOL? -> FC10", ">>>?<<<", "write the layer or leave it out"),
        ("INPUT 32x32x3 -> [CONV -> RELU]*9999 -> FC10", ">>>9999<<<", "more than 2,000 layers"),
        ("INPUT 32x32x3 -> [CONV]*99 -> [CONV]*1901 -> FC10", ">>>FC10<<<", "more than 2,000 layers"),
        ("INPUT 32x32x3 -> CONV3-32 ->", ">>><<<", "it ends here; a layer was expected"),
        ("INPUT 32x32x3", ">>><<<", "it ends after INPUT"),
        ("INPUT 32x32x3 FC10", ">>>FC10<<<", "expected '->'"),
        ("INPUT 32 -> FC10", ">>>32<<<", "height x width x channels"),
        ("INPUT 0x32x3 -> FC10", ">>>0x32x3<<<", "height x width x channels"),
        ("CONV3-32 -> FC10", ">>>CONV3-32<<<", "begins with INPUT"),
        ("INPUT -> INPUT -> FC10", ">>>INPUT<<<", "INPUT stands once"),
        ("INPUT -> FC10 -> RELU", ">>>RELU<<<", "the last layer must make the classes"),
        ("INPUT -> CONV3-10 -> GAP", ">>>GAP<<<", "CONV1-10 -> GAP"),
        ("INPUT -> SOFTMAX -> FC10", ">>>SOFTMAX<<<", "may only be the last layer"),
        ("INPUT -> SOFTMAX", ">>>SOFTMAX<<<", "the last layer must make the classes"),
        ("INPUT -> FC10 -> POOL2 -> FC10", ">>>POOL2<<<", "no rows and columns left"),
        ("INPUT -> FC10 -> GAP -> FC10", ">>>GAP<<<", "no rows and columns left"),
        ("INPUT 8x8x1 -> CONV9-4 p0 -> FC10", ">>>CONV9-4<<<", "does not fit into 8"),
        ("INPUT 8x8x1 -> CONV4-4 -> FC10", ">>>CONV4-4<<<", "an even kernel cannot keep the size"),
        ("INPUT 8x8x1 -> CONV3-4 g2 -> FC10", ">>>CONV3-4<<<", "1 channels and 4 filters are no 2 groups"),
        ("INPUT 8x8x1 -> POOL2 p2 -> FC10", ">>>POOL2<<<", "padded by half"),
        ("INPUT 8x8x1 -> POOL2 d2 -> FC10", ">>>d2<<<", "POOL has no dilation"),
        ("INPUT 8x8x1 -> RELU s2 -> FC10", ">>>s2<<<", "RELU has no stride"),
        ("INPUT 8x8x1 -> CONV3-4 s0 -> FC10", ">>>s0<<<", "expected stride as a number"),
        ("INPUT 8x8x1 -> CONV0-4 -> FC10", ">>>CONV0-4<<<", "a kernel of whole sides"),
        ("INPUT 8x8x1 -> CONV3-0 -> FC10", ">>>CONV3-0<<<", "takes no '-0'"),
        ("INPUT 8x8x1 -> DROPOUT1.5 -> FC10", ">>>DROPOUT1.5<<<", "a share below 1"),
        ("INPUT 8x8x1 -> RELU6 -> FC10", ">>>RELU6<<<", "no number"),
        ("INPUT 8x8x1 -> FC10 $", ">>>$<<<", "means nothing here"),
        ("INPUT -> " + "[" * 30 + "FC10" + "]" * 30, ">>>[<<<", "nest more than 20 deep"),
        ("INPUT -> FC" + "9" * 5000, ">>>FC99", "expected a number of units"),
    ],
)
def test_what_is_wrong_is_pointed_at_and_named(text, place, says):
    with pytest.raises(StriateError) as caught:
        find_entry(text)
    message = str(caught.value)
    assert place in message
    assert says in message
    assert "\n" not in message


def test_the_character_is_counted_from_one():
    with pytest.raises(StriateError, match="at character 10, INPUT -> >>>X<<<"):
        parse("INPUT -> X")


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="INPUTCOVFR[]()*->?xsp0123. ", max_size=60))
def test_no_text_crashes_the_parser(text):
    message = ""
    try:
        layers = parse(text).layers
    except StriateError as problem:
        layers, message = (), str(problem)
    assert layers or message.startswith("the pattern is wrong at character")


@given(n=st.integers(0, 3), m=st.integers(0, 3), k=st.integers(0, 2))
def test_brackets_repeat_as_the_grammar_says(n, m, k):
    text = f"INPUT 32x32x3 -> [[CONV3-8 -> RELU]*{n} -> POOL2]*{m} -> [FC9 -> RELU]*{k} -> FC10"
    found = [layer.kind for layer in parse(text).layers]
    assert found == ((["CONV", "RELU"] * n + ["POOL"]) * m) + ["FC", "RELU"] * k + ["FC"]


def test_names_and_patterns_are_told_apart():
    assert is_pattern("INPUT") and is_pattern(EXAMPLE) and is_pattern("a → b")
    assert not is_pattern("resnet18") and not is_pattern("inputs")
    assert (short_name(EXAMPLE), short_name("resnet18")) == ("pattern", "resnet18")
