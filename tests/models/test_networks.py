"""Networks against other sources: the book's printed summaries, torchvision, TensorFlow's padding by hand."""

import pytest
import torch
import torchvision
from torch import Tensor, nn

from striate.models.backbone import head_of
from striate.models.build import create_model
from striate.models.classification.efficientnet_lite import SameConv2d

BOOK_MNIST = [
    ("Conv2d", (26, 26, 32), 320),
    ("MaxPool2d", (13, 13, 32), 0),
    ("Conv2d", (11, 11, 64), 18_496),
    ("MaxPool2d", (5, 5, 64), 0),
    ("Conv2d", (3, 3, 64), 36_928),
    ("Flatten", (576,), 0),
    ("Linear", (64,), 36_928),
    ("Linear", (10,), 650),
]
BOOK_CATS_DOGS = [
    ("Conv2d", (148, 148, 32), 896),
    ("MaxPool2d", (74, 74, 32), 0),
    ("Conv2d", (72, 72, 64), 18_496),
    ("MaxPool2d", (36, 36, 64), 0),
    ("Conv2d", (34, 34, 128), 73_856),
    ("MaxPool2d", (17, 17, 128), 0),
    ("Conv2d", (15, 15, 128), 147_584),
    ("MaxPool2d", (7, 7, 128), 0),
    ("Flatten", (6272,), 0),
    ("Dropout", (6272,), 0),
    ("Linear", (512,), 3_211_776),
    ("Linear", (1,), 513),
]
LENET5 = [
    ("Conv2d", (28, 28, 6), 156),
    ("MaxPool2d", (14, 14, 6), 0),
    ("Conv2d", (10, 10, 16), 2_416),
    ("MaxPool2d", (5, 5, 16), 0),
    ("Flatten", (400,), 0),
    ("Linear", (120,), 48_120),
    ("Linear", (84,), 10_164),
    ("Linear", (10,), 850),
]
VGGS = ["vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"]
PEERS = ["resnet18", "squeezenet1_1", "alexnet", *(pytest.param(vgg, marks=pytest.mark.slow) for vgg in VGGS)]


def summary(network: nn.Module, images: Tensor) -> list[tuple[str, tuple[int, ...], int]]:
    """Kind, output (height, width, channels) and parameters of every layer, activations left out."""
    rows = []

    def note(layer: nn.Module, _: object, output: Tensor) -> None:
        channels, *sides = output.shape[1:]
        rows.append((type(layer).__name__, (*sides, channels), sum(p.numel() for p in layer.parameters())))

    for layer in network.modules():
        if not list(layer.children()) and not isinstance(layer, nn.ReLU):
            layer.register_forward_hook(note)
    network.eval()(images)
    return rows


def test_the_book_prints_the_same_summary_of_its_mnist_network():
    rows = summary(create_model("book_mnist"), torch.zeros(1, 1, 28, 28))
    assert [row for row in rows if row[0] != "Dropout"] == BOOK_MNIST


def test_the_book_prints_the_same_summary_of_its_cats_and_dogs_network():
    assert summary(create_model("book_cats_dogs"), torch.zeros(1, 3, 150, 150)) == BOOK_CATS_DOGS


def test_the_books_second_cats_and_dogs_network_drops_half_before_the_dense_layers():
    network = create_model("book_cats_dogs_dropout")
    assert summary(network, torch.zeros(1, 3, 150, 150)) == BOOK_CATS_DOGS
    read = []
    network.classifier[2].register_forward_pre_hook(lambda _, args: read.append(args[0]))
    network.train()(torch.randn(4, 3, 150, 150).abs())
    network.eval()(torch.randn(4, 3, 150, 150).abs())
    dropped, kept = [(values == 0).float().mean().item() for values in read]
    assert dropped - kept > 0.2


def test_lenet_has_the_lectures_shapes_and_parameters():
    assert summary(create_model("lenet5"), torch.zeros(1, 1, 32, 32)) == LENET5


@pytest.mark.parity
@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("side", [64, 97])
def test_torchvisions_weights_give_torchvisions_logits_and_back(name, side):
    ours, theirs = create_model(name).eval(), getattr(torchvision.models, name)(weights=None).eval()
    images = torch.randn(2, 3, side, side)
    for source, target in ((theirs, ours), (ours, theirs)):
        target.load_state_dict(source.state_dict())
        with torch.no_grad():
            expected, received = source(images), target(images)
        assert (received - expected).abs().max() <= 1e-5 * expected.abs().max()
        head = ours.get_submodule(ours.head).weight
        nn.init.normal_(head, std=head.std().item())  # other weights for the way back


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("side", [7, 8])
def test_same_padding_puts_the_odd_row_and_column_last(kernel, side):
    layer = SameConv2d(1, 1, kernel, stride=2, bias=False)
    nn.init.ones_(layer.weight)
    image = torch.arange(side * side, dtype=torch.float32).view(1, 1, side, side)
    outputs = -(-side // 2)
    before = ((outputs - 1) * 2 + kernel - side) // 2
    for row in range(outputs):
        for column in range(outputs):
            window = [
                image[0, 0, y, x].item()
                for y in range(2 * row - before, 2 * row - before + kernel)
                for x in range(2 * column - before, 2 * column - before + kernel)
                if 0 <= y < side and 0 <= x < side
            ]
            assert layer(image)[0, 0, row, column].item() == sum(window)


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_dropout_drops_its_share_keeps_the_mean_and_does_nothing_in_evaluation(share):
    network = create_model(f"INPUT 100x100x10 -> DROPOUT{share} -> FC2")
    read = []
    head_of(network).register_forward_pre_hook(lambda _, args: read.append(args[0]))
    ones = torch.ones(1, 10, 100, 100)
    torch.manual_seed(0)
    network.train()(ones)
    network.eval()(ones)
    dropped, kept = read
    assert torch.equal(kept, ones.flatten(1))
    assert (dropped == 0).float().mean().item() == pytest.approx(share, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.02)
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / (1 - share)])
