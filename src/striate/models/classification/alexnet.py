"""AlexNet: five convolutions, three dense layers, rectifiers and dropout, trained on two GPUs.

Source: Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks",
NIPS 2012, figure 2 and section 3; torchvision's `alexnet` is Krizhevsky, "One weird trick for parallelizing
convolutional neural networks", arXiv:1404.5997
Differs: the paper says 224x224 pixels, but only 227 fits its first layer (224 leaves 54.25 places). The one
tower has no groups and, as lectures draw it, pools before it normalises. Names of `alexnet`'s weights are
torchvision's.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from striate.layers.response_norm import ResponseNorm
from striate.models.backbone import Map, initialise_head
from striate.ops.geometry import output_size
from striate.shapes import Images, Logits


class AlexNet(nn.Module):
    """A chain of convolutions and pools, `features`, and three dense layers, `classifier`.

    `feature_maps` cuts the chain behind each of its pools.
    """

    head: ClassVar[str] = "classifier.6"
    strides: ClassVar[tuple[int, ...]] = (8, 16, 32)

    def __init__(self, features: Sequence[nn.Module], classifier: nn.Sequential, places: int | None) -> None:
        """`places` is the side to which the last maps are averaged before they are flattened, if they are."""
        super().__init__()
        self.features = nn.Sequential(*features)
        self.avgpool = nn.Identity() if places is None else nn.AdaptiveAvgPool2d(places)
        self.classifier = classifier
        self.cuts = [0, *(i + 1 for i, layer in enumerate(features) if isinstance(layer, nn.MaxPool2d))]

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps after the three pools, at strides 8, 16 and 32."""
        maps = [images]
        for first, end in pairwise(self.cuts):
            maps.append(self.features[first:end](maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.avgpool(self.feature_maps(images)[-1])  # (B, 256, 6, 6)
        logits: Tensor = self.classifier(last.flatten(1))
        return logits


def alexnet(num_classes: int = 1000, in_channels: int = 3) -> AlexNet:
    """AlexNet as torchvision has it, number for number."""
    features = [
        nn.Conv2d(in_channels, 64, kernel_size=11, stride=4, padding=2),  # (B, 64, 55, 55)
        nn.ReLU(),
        _pool(),
        nn.Conv2d(64, 192, kernel_size=5, padding=2),  # (B, 192, 27, 27)
        nn.ReLU(),
        _pool(),
        nn.Conv2d(192, 384, kernel_size=3, padding=1),  # (B, 384, 13, 13)
        nn.ReLU(),
        nn.Conv2d(384, 256, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(256, 256, kernel_size=3, padding=1),
        nn.ReLU(),
        _pool(),  # (B, 256, 6, 6)
    ]
    last = nn.Linear(4096, num_classes)
    initialise_head(last)
    classifier = nn.Sequential(
        nn.Dropout(),
        nn.Linear(256 * 36, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        last,
    )
    return AlexNet(features, classifier, places=6)


def alexnet_2012(
    num_classes: int = 1000, in_channels: int = 3, image_size: tuple[int, int] = (227, 227)
) -> AlexNet:
    """The paper's network for pictures of one size: two halves, which see each other at the third layer."""
    features = [
        nn.Conv2d(in_channels, 96, kernel_size=11, stride=4),  # (B, 96, 55, 55)
        nn.ReLU(),
        ResponseNorm(),
        _pool(),
        nn.Conv2d(96, 256, kernel_size=5, padding=2, groups=2),  # (B, 256, 27, 27)
        nn.ReLU(),
        ResponseNorm(),
        _pool(),
        *_last_three(groups=2),
    ]
    return _paper(features, num_classes, image_size)


def alexnet_2012_one_tower(
    num_classes: int = 1000, in_channels: int = 3, image_size: tuple[int, int] = (227, 227)
) -> AlexNet:
    """The paper's layers on one device, without groups, for pictures of one size."""
    features = [
        nn.Conv2d(in_channels, 96, kernel_size=11, stride=4),  # (B, 96, 55, 55)
        nn.ReLU(),
        _pool(),
        ResponseNorm(),
        nn.Conv2d(96, 256, kernel_size=5, padding=2),  # (B, 256, 27, 27)
        nn.ReLU(),
        _pool(),
        ResponseNorm(),
        *_last_three(groups=1),
    ]
    return _paper(features, num_classes, image_size)


def _last_three(groups: int) -> list[nn.Module]:
    return [
        nn.Conv2d(256, 384, kernel_size=3, padding=1),  # (B, 384, 13, 13), reads both halves
        nn.ReLU(),
        nn.Conv2d(384, 384, kernel_size=3, padding=1, groups=groups),
        nn.ReLU(),
        nn.Conv2d(384, 256, kernel_size=3, padding=1, groups=groups),
        nn.ReLU(),
        _pool(),  # (B, 256, 6, 6)
    ]


def _paper(features: list[nn.Module], num_classes: int, image_size: tuple[int, int]) -> AlexNet:
    height, width = (_side(side) for side in image_size)
    classifier = nn.Sequential(
        nn.Linear(256 * height * width, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, num_classes),
    )
    network = AlexNet(features, classifier, places=None)
    # Section 5: N(0, 0.01); a bias of 1 where the rectifiers would otherwise start without positive input.
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    for number, layer in enumerate(layers):
        nn.init.normal_(layer.weight, std=0.01)
        if layer.bias is not None:
            nn.init.constant_(layer.bias, 1.0 if number in (1, 3, 4, 5, 6) else 0.0)
    return network


def _side(side: int) -> int:
    for kernel, stride in ((11, 4), (3, 2), (3, 2), (3, 2)):  # the padded convolutions keep their size
        side = output_size(side, kernel, stride)
    return side


def _pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(kernel_size=3, stride=2)  # overlapping, section 3.4
