"""The small networks that Chollet's book trains from nothing: two convolutional ones and a dense one.

Source: Chollet, "Deep Learning with Python", Manning 2017, listings 2.2 (dense), 5.1 and 5.2
(MNIST), 5.5 and 5.13 (cats and dogs, without and with dropout)
Differs: logits come out; the softmax or sigmoid is the loss's. Maps are flattened channel first.
"""

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from striate.models.backbone import Map
from striate.shapes import Images, Logits


class BookNet(nn.Module):
    """3x3 convolutions without padding, 2x2 max pools, one hidden dense layer.

    `strides` and `head` are those of the listing, so each listing is a subclass.
    """

    head: ClassVar[str] = "classifier.4"
    strides: ClassVar[tuple[int, ...]]

    def __init__(
        self, stages: Sequence[nn.Sequential], features: int, hidden: int, outputs: int, dropout: float
    ) -> None:
        super().__init__()
        last = nn.Linear(hidden, outputs)
        self.stages = nn.ModuleList(stages)
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Dropout(dropout), nn.Linear(features, hidden), nn.ReLU(), last
        )
        _initialise(self)

    def feature_maps(self, images: Images) -> list[Map]:
        """What every stage puts out, the last being what is flattened."""
        maps = [images]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        logits: Tensor = self.classifier(self.feature_maps(images)[-1])
        return logits


class BookMnist(BookNet):
    """Listing 5.1 and 5.2: three convolutions, two pools; the third convolution is read without a pool."""

    strides: ClassVar[tuple[int, ...]] = (2, 4, 4)

    def __init__(self, num_classes: int, in_channels: int, image_size: tuple[int, int]) -> None:
        height, width = (((side - 2) // 2 - 2) // 2 - 2 for side in image_size)
        stages = [_stage(in_channels, 32), _stage(32, 64), nn.Sequential(nn.Conv2d(64, 64, 3), nn.ReLU())]
        super().__init__(stages, 64 * height * width, hidden=64, outputs=num_classes, dropout=0.0)


class BookCatsDogs(BookNet):
    """Listing 5.5: four convolutions, each with a pool; one output for two classes."""

    strides: ClassVar[tuple[int, ...]] = (2, 4, 8, 16)

    def __init__(
        self, num_classes: int, in_channels: int, image_size: tuple[int, int], dropout: float
    ) -> None:
        height, width = image_size
        stages = []
        for before, after in ((in_channels, 32), (32, 64), (64, 128), (128, 128)):
            stages.append(_stage(before, after))
            height, width = (height - 2) // 2, (width - 2) // 2
        outputs = 1 if num_classes == 2 else num_classes
        super().__init__(stages, 128 * height * width, hidden=512, outputs=outputs, dropout=dropout)


class BookDense(nn.Module):
    """Listing 2.2: every pixel feeds 512 units; what a network without convolutions reaches."""

    head: ClassVar[str] = "classifier.3"
    strides: ClassVar[tuple[int, ...]] = (1,)

    def __init__(self, num_classes: int, in_channels: int, image_size: tuple[int, int]) -> None:
        super().__init__()
        pixels = in_channels * image_size[0] * image_size[1]
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(pixels, 512), nn.ReLU(), nn.Linear(512, num_classes)
        )
        _initialise(self)

    def feature_maps(self, images: Images) -> list[Map]:
        """The images themselves: they are what is flattened."""
        return [images]

    def forward(self, images: Images) -> Logits:
        logits: Tensor = self.classifier(images)
        return logits


def _stage(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, kernel_size=3), nn.ReLU(), nn.MaxPool2d(2))


def _initialise(network: nn.Module) -> None:
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)  # Keras's default, `glorot_uniform`
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def book_dense(
    num_classes: int = 10, in_channels: int = 1, image_size: tuple[int, int] = (28, 28)
) -> BookDense:
    """The dense baseline for pictures of one size (height, width)."""
    return BookDense(num_classes, in_channels, image_size)


def book_mnist(
    num_classes: int = 10, in_channels: int = 1, image_size: tuple[int, int] = (28, 28)
) -> BookMnist:
    """The MNIST network for pictures of one size (height, width)."""
    return BookMnist(num_classes, in_channels, image_size)


def book_cats_dogs(
    num_classes: int = 2, in_channels: int = 3, image_size: tuple[int, int] = (150, 150)
) -> BookCatsDogs:
    """The cats-and-dogs network for pictures of one size (height, width).

    Two classes share one output: its logit z is decoded as [0, z].
    """
    return BookCatsDogs(num_classes, in_channels, image_size, dropout=0.0)


def book_cats_dogs_dropout(
    num_classes: int = 2, in_channels: int = 3, image_size: tuple[int, int] = (150, 150)
) -> BookCatsDogs:
    """The book's second version, with dropout 0.5 before the first dense layer."""
    return BookCatsDogs(num_classes, in_channels, image_size, dropout=0.5)
