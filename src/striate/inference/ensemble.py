"""Several networks asked as one: the mean of their calibrated probabilities.

Source: Lakshminarayanan et al., "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles",
NeurIPS 2017, section 2.4. What the averaging does to calibration is not corrected again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, overload

import torch
from jaxtyping import Float
from torch import Tensor

from striate.data.decoding.decode import Limits, as_picture, decode_for, reading_for
from striate.errors import StriateError
from striate.events import Listener, silent
from striate.inference.loading import OWN, Network, load
from striate.preprocess.preprocessing import stacked
from striate.shapes import FittedPicture, Picture
from striate.tasks.classify.decode import Answer, named_answers


@dataclass(frozen=True, slots=True)
class Ensemble:
    """One or more networks that know the same classes, each with its own preprocessing and calibration.

    Attributes:
        members: at least one network.
        labels: class names in the order of the probabilities: the first member's.
    """

    members: tuple[Network, ...]

    def __post_init__(self) -> None:
        first = self.members[0]
        for number, other in enumerate(self.members[1:], start=2):
            if set(other.labels) != set(first.labels) or len(other.labels) != len(first.labels):
                raise StriateError(
                    f"networks that answer together need the same classes: {_apart(first, other)} of network "
                    f"{number} and the first. Leave that one out, or train it on the same classes."
                )

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of the probabilities."""
        return self.members[0].labels

    def fit(self, picture: Picture) -> tuple[FittedPicture, ...]:
        """The picture as each member reads it, 8 bit."""
        return tuple(member.preprocessing.fit_picture(picture) for member in self.members)

    def read(self, content: bytes, limits: Limits) -> tuple[tuple[FittedPicture, ...], str | None]:
        """A file's picture as each member reads it, and what is wrong with it. Raises BadPicture."""
        specs = [member.preprocessing for member in self.members]
        decoded = {
            (size_hw, white): decode_for(content, size_hw, reading_for(limits, white))
            for size_hw, white in {(spec.size_hw, spec.white) for spec in specs}
        }
        fitted = tuple(spec.fit_picture(decoded[spec.size_hw, spec.white].picture) for spec in specs)
        return fitted, decoded[specs[0].size_hw, specs[0].white].damage

    def probabilities(self, fitted: Sequence[tuple[FittedPicture, ...]]) -> Float[Tensor, "N K"]:
        """The mean of the members' calibrated probabilities, (N, K), of pictures from `fit`."""
        total = torch.zeros(len(fitted), len(self.labels), dtype=torch.float64)
        if not fitted:
            return total
        for index, member in enumerate(self.members):
            scores = member.scores(stacked([pictures[index] for pictures in fitted])).double()
            found = torch.softmax(scores / member.temperature, dim=1)
            if member.labels != self.labels:
                place = {label: column for column, label in enumerate(member.labels)}
                found = found[:, torch.tensor([place[label] for label in self.labels])]
            total += found
        return total / len(self.members)

    def answers(self, fitted: Sequence[tuple[FittedPicture, ...]], top: int = 5) -> list[Answer]:
        """`probabilities` in words."""
        return named_answers(self.probabilities(fitted), self.labels, top)

    @overload
    def predict(self, images: str | PathLike[str] | Tensor, top: int = 5) -> Answer: ...
    @overload
    def predict(self, images: list[Any] | tuple[Any, ...], top: int = 5) -> list[Answer]: ...

    def predict(self, images: Any, top: int = 5) -> Answer | list[Answer]:
        """As `Network.predict`."""
        several = isinstance(images, (list, tuple))
        limits = Limits(white=self.members[0].preprocessing.white)
        pictures = [self.fit(as_picture(image, None, limits)) for image in (images if several else [images])]
        found = self.answers(pictures, top)
        return found if several else found[0]


def load_ensemble(
    runs: Sequence[str | PathLike[str]],
    weights: str | PathLike[str] | None = None,
    device: str = "cpu",
    engine: str = OWN,
    on_event: Listener = silent,
    *,
    flips: bool = False,
    scales: Sequence[float] = (),
) -> Ensemble:
    """The networks of several runs as one; `weights` go with the first, which may be a catalogue name.

    `engine`, `flips` and `scales` are as in `load`, for each of them.

    Raises:
        StriateError: there is no run, one of them cannot be loaded, or their classes differ.
    """
    if not runs:
        raise StriateError("an ensemble of no runs answers nothing; name at least one run.")
    first, *others = runs
    return Ensemble(
        (
            load(first, weights, device, engine, on_event, flips=flips, scales=scales),
            *(load(run, None, device, engine, on_event, flips=flips, scales=scales) for run in others),
        )
    )


def _apart(first: Network, other: Network) -> str:
    """Which class names are on one side only, a few of them."""
    lone = sorted(set(first.labels) ^ set(other.labels))
    return (
        f"{', '.join(lone[:3])}{' and more' * (len(lone) > 3)} {'are' if len(lone) > 1 else 'is'} in one only"
    )
