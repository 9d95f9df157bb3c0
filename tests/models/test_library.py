"""Nothing is missing from the library: its promised networks, each with its figures and its peer."""

import pytest
import torchvision
from tests.models import test_networks
from tests.models.weights import test_interchange

from striate.models.catalog import MODELS

LETTERS = ("vgg11", "vgg11_lrn", "vgg13", "vgg16_c", "vgg16", "vgg19")
PROMISED = {
    "LeNet-5": ("lenet5_1998", "lenet5", "lenet5_average"),
    "AlexNet": ("alexnet_2012", "alexnet_2012_one_tower", "alexnet"),
    "until 2014": ("zfnet", "network_in_network"),
    "VGG": (*LETTERS, "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"),
    "Inception": (
        *("googlenet_2014", "googlenet", "bn_inception", "inception_v3", "inception_v4"),
        *("inception_resnet_v2", "xception"),
    ),
    "ResNet": (
        *(f"resnet{depth}" for depth in (18, 34, 50, 101, 152)),
        "resnet50_2015",
        "plain18",
        "plain34",
    ),
    "ResNet for CIFAR": tuple(
        f"resnet{depth}_cifar{option}" for depth in (20, 32, 44, 56, 110, 1202) for option in ("", "_b")
    ),
    "plain for CIFAR": tuple(f"plain{depth}_cifar" for depth in (20, 32, 44, 56, 110)),
    "after ResNet": (
        *("resnext50_32x4d", "resnext101_32x8d", "wide_resnet50_2", "wide_resnet101_2"),
        *("se_resnet50", "cbam_resnet50", "densenet121", "densenet169", "densenet201", "densenet161"),
    ),
    "light": (
        *("mobilenet_v1", "mobilenet_v2", "squeezenet1_0", "squeezenet1_1"),
        *(f"efficientnet_lite{size}" for size in range(5)),
    ),
    "large": (
        *(f"convnext_{size}" for size in ("tiny", "small", "base", "large")),
        *("replknet31_base", "dilated_context"),
    ),
    "the book's": ("book_mnist", "book_cats_dogs", "book_dense"),
}


@pytest.mark.parametrize("family", PROMISED)
def test_every_promised_network_is_in_the_table_with_its_source(family):
    for name in PROMISED[family]:
        entry = MODELS[name]
        assert entry.parameters > 0 and entry.multiply_adds > 0 and entry.year >= 1998
        assert entry.paper


def test_every_network_that_torchvision_has_is_compared_with_torchvisions():
    compared = {*test_interchange.TORCHVISION, "resnet18", "squeezenet1_1", "alexnet", *test_networks.VGGS}
    assert {name for name in MODELS if hasattr(torchvision.models, name)} == compared


def test_every_network_that_timm_alone_has_is_compared_with_timms():
    timm = pytest.importorskip("timm")
    peers = set(timm.list_models())
    here = {name for name in MODELS if not hasattr(torchvision.models, name) and name in peers}
    assert here <= set(test_interchange.TIMM)
    assert {peer for peer in test_interchange.TIMM.values() if " " not in peer} <= peers


def test_figures_that_the_course_quotes_stand_beside_their_networks():
    quoted = {
        "googlenet_2014": "6.67 %",
        "bn_inception": "4.82 %",
        "inception_v3": "42 layers",
        "inception_v4": "3.08 %",
        "inception_resnet_v2": "3.08 %",
    }
    for name, figure in quoted.items():
        assert figure in MODELS[name].published
