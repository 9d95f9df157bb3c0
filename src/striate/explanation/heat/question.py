"""What a heat map answers: which class of which picture, instead of which other class."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.events import Listener, silent
from striate.explanation.heat.target_layer import Layer, Reading, read_layer
from striate.models.surgery.folded_norms import FoldedNorms
from striate.shapes import Images, Labels, Logits

Maps = Float[Tensor, "B h w"]  # heat at the resolution at which a method finds it, not negative
Scores = Float[Tensor, " B"]


@dataclass(frozen=True, slots=True)
class Question:
    """Why does the network give these classes to these pictures?

    Attributes:
        network: in evaluation mode.
        images: (B, C, H, W), as the network reads them.
        classes: what is explained, one class a picture.
        layer: for methods that read a layer.
        reading: what the layer put out for these images, where it was read already.
        against: instead of which class, one a picture; None is the plain score.
        nothing: a picture without content, (C, H, W): black, as the network reads it.
        seed: of methods that draw noise.
        batch: pictures that the network sees at a time.
        on_event: is told how far slow methods are.
        folded: makes every call of the network but the first one quicker.
    """

    network: nn.Module
    images: Images
    classes: Labels
    layer: Layer | None = None
    reading: Reading | None = None
    against: Labels | None = None
    nothing: Float[Tensor, "C H W"] | None = None
    seed: int = 0
    batch: int = 32
    on_event: Listener = silent
    folded: FoldedNorms = field(default_factory=FoldedNorms)

    def answer(self, images: Images) -> Logits:
        """What the network says of these pictures, which may be other ones than the question's."""
        with self.folded:
            logits: Logits = self.network(images)
        return logits

    def scores(self, logits: Logits, first: int = 0) -> Scores:
        """What is explained, of the pictures from `first` on: see `class_scores`."""
        rows = slice(first, first + len(logits))
        against = None if self.against is None else self.against[rows]
        return class_scores(logits, self.classes[rows], against)

    def readings(self) -> Iterator[tuple[int, Reading]]:
        """The layer's maps and the logits, batch by batch, each with the row of its first picture."""
        assert self.layer is not None
        if self.reading is not None:
            yield 0, self.reading
            return
        for start in range(0, len(self.images), self.batch):
            with self.folded:
                reading = read_layer(self.network, self.layer, self.images[start : start + self.batch])
            yield start, reading

    def of(self, rows: slice) -> "Question":
        """The question about some of the pictures."""
        against = None if self.against is None else self.against[rows]
        return replace(
            self, images=self.images[rows], classes=self.classes[rows], against=against, reading=None
        )

    def repeated(self, times: int) -> "Question":
        """The question about the first picture, so many times."""
        return replace(
            self,
            images=self.images[:1].expand(times, -1, -1, -1),
            classes=self.classes[:1].expand(times),
            against=None if self.against is None else self.against[:1].expand(times),
            reading=None,
        )


class Heat(NamedTuple):
    """A method's answer: a map for each picture, and what it measured beside it, one value a picture."""

    maps: Maps
    figures: dict[str, list[float]]


def class_scores(logits: Logits, classes: Labels, against: Labels | None = None) -> Scores:
    """The number that a heat map explains, for each picture.

    It is the class's logit (of a network with radial basis outputs: minus the distance to the class's code).
    A network with a single output z decodes to scores [0, z]; there it is what sets the two classes apart, z
    or -z, because 0 has no reasons. With `against` it is the class's logit minus that one's.
    """
    if logits.shape[1] == 1:
        apart = logits[:, 0] * torch.where(classes == 1, 1.0, -1.0)
        return apart if against is None else torch.where(classes == against, 0.0, 1.0) * apart
    chosen = logits.gather(1, classes[:, None])[:, 0]
    return chosen if against is None else chosen - logits.gather(1, against[:, None])[:, 0]


def class_probabilities(logits: Logits, classes: Labels) -> Scores:
    """The class's probability for each picture; of a network with a single output z it is sigmoid(z) of 1."""
    if logits.shape[1] == 1:
        return torch.sigmoid(class_scores(logits, classes))
    return torch.softmax(logits, dim=1).gather(1, classes[:, None])[:, 0]
