"""Several networks asked as one: of classifiers the mean of their calibrated probabilities.

Source: Lakshminarayanan et al., "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles",
NeurIPS 2017, section 2.4. What the averaging does to calibration is not corrected again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from typing import Any, overload

from torch import Tensor

from striate.data.decoding.decode import (
    DEFAULT_LIMITS,
    Decoded,
    Limits,
    decode_for,
    decoded_image,
    reading_for,
)
from striate.errors import StriateError
from striate.events import Listener, silent
from striate.files.html_table import html_table
from striate.inference.engine_named import USUAL, Serving, open_served
from striate.inference.predictor import Fitted, Predictor, Reads, Size
from striate.preprocess.preprocessing import stacked
from striate.tasks.answers import Context
from striate.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Ensemble:
    """One or more predictors of one task that know the same classes, each with its own preprocessing.

    Attributes:
        members: at least one; the first one's classes stand first.
    """

    members: tuple[Predictor, ...]

    def __post_init__(self) -> None:
        first = self.members[0]
        for number, other in enumerate(self.members[1:], start=2):
            if other.task is not first.task:
                raise StriateError(
                    f"networks that answer together need the same task: network {number} is one of "
                    f"{other.task.name}, the first of {first.task.name}. Leave that one out."
                )
            first.task.require("together")
            if set(other.labels) != set(first.labels) or len(other.labels) != len(first.labels):
                raise StriateError(
                    f"networks that answer together need the same classes: {_apart(first, other)} of network "
                    f"{number} and the first. Leave that one out, or train it on the same classes."
                )

    def __repr__(self) -> str:
        return "\n".join(
            [f"Ensemble of {len(self.members)} predictors, which answer together:", *self._names()]
        )

    def _repr_html_(self) -> str:
        rows = [(number, name) for number, name in enumerate(self._names(), 1)]
        return html_table("Predictors that answer together", ("", "network"), rows)

    def _names(self) -> list[str]:
        return [f"{one.name}, {one.task.name}, {len(one.labels):,} classes" for one in self.members]

    @property
    def task(self) -> Task[Any]:
        """That of all members."""
        return self.members[0].task

    @property
    def context(self) -> Context:
        """That of the first member."""
        return self.members[0].context

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of the probabilities: the first member's."""
        return self.members[0].labels

    def fit(self, image: Any, limits: Limits = DEFAULT_LIMITS) -> tuple[Fitted, ...]:
        """Any image (see `Predictor.predict`) as each member reads it."""
        return self._fitted(self._decoded(partial(decoded_image, image), limits))

    def read(self, content: bytes, limits: Limits) -> tuple[tuple[Fitted, ...], str | None]:
        """A file's picture as each member reads it, and what is wrong with it. Raises BadPicture."""
        decoded = self._decoded(partial(decode_for, content), limits)
        return self._fitted(decoded), decoded[self.members[0].reads].damage

    def answers(self, fitted: Sequence[tuple[Fitted, ...]], top: int = 5) -> list[Any]:
        """The answers for pictures from `fit` or `read`."""
        if len(self.members) == 1 or not fitted:
            return self.members[0].answers_of([pictures[0] for pictures in fitted], top)
        outputs = [
            member.outputs(stacked([pictures[index].picture for pictures in fitted]))
            for index, member in enumerate(self.members)
        ]
        contexts = [replace(member.context, top=top) for member in self.members]
        return list(self.task.combined(list(zip(outputs, contexts, strict=True))))

    @overload
    def predict(self, images: str | PathLike[str] | Tensor, top: int = 5) -> Any:
        """The answer for one picture."""

    @overload
    def predict(self, images: list[Any] | tuple[Any, ...], top: int = 5) -> list[Any]:
        """The answers for several, in their order."""

    def predict(self, images: Any, top: int = 5) -> Any:
        """As `Predictor.predict`."""
        several = isinstance(images, (list, tuple))
        found = self.answers([self.fit(image) for image in (images if several else [images])], top)
        return found if several else found[0]

    def _decoded(self, decode: Callable[[Size, Limits], Decoded], limits: Limits) -> dict[Reads, Decoded]:
        """The picture once for every way in which a member wants it decoded."""
        ways = {member.reads for member in self.members}
        return {(size_hw, white): decode(size_hw, reading_for(limits, white)) for size_hw, white in ways}

    def _fitted(self, decoded: dict[Reads, Decoded]) -> tuple[Fitted, ...]:
        found = [(member, decoded[member.reads]) for member in self.members]
        return tuple(member.fitted(one.picture, one.size_hw) for member, one in found)


def open_ensemble(
    runs: Sequence[str | PathLike[str]],
    weights: str | PathLike[str] | None = None,
    serving: Serving = USUAL,
    on_event: Listener = silent,
) -> Ensemble:
    """The networks of several runs as one; `weights` go with the first, which may be a catalogue name.

    Raises:
        StriateError: there is no run, one of them cannot be loaded, or their tasks or classes differ.
    """
    if not runs:
        raise StriateError("an ensemble of no runs answers nothing; name at least one run.")
    first, *others = runs
    return Ensemble(
        (
            open_served(first, weights, serving, on_event),
            *(open_served(run, None, serving, on_event) for run in others),
        )
    )


def _apart(first: Predictor, other: Predictor) -> str:
    """Which class names are on one side only, a few of them."""
    lone = sorted(set(first.labels) ^ set(other.labels))
    return (
        f"{', '.join(lone[:3])}{' and more' * (len(lone) > 3)} {'are' if len(lone) > 1 else 'is'} in one only"
    )
