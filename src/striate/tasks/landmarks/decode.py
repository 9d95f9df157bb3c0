"""From outputs to answers: is the thing there, where are its points, and which of them can be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from striate.errors import StriateError
from striate.files.html_table import html_facts
from striate.preprocess.placement import Placement

THERE = 0.5  # probability from which on the thing is there, or a point visible

Outputs = Float[Tensor, "B M"]


class Parts(NamedTuple):
    """The outputs by their meaning: logits of the flag and of visibility, places as shares of the input."""

    flags: Float[Tensor, " B"]
    points: Float[Tensor, "B P 2"]
    seen: Float[Tensor, "B P"]


@dataclass(frozen=True, slots=True)
class Marked:
    """What a network says of one picture's points.

    Attributes:
        presence: the probability that the thing is there.
        points: (x, y) in the pixels of the user's picture.
        visibility: of each point, the probability that it can be seen.
        size_hw: of the user's picture.
    """

    presence: float
    points: tuple[tuple[float, float], ...]
    visibility: tuple[float, ...]
    size_hw: tuple[int, int]

    @property
    def present(self) -> bool:
        """Whether the thing is there."""
        return self.presence >= THERE

    def to_json(self) -> dict[str, Any]:
        """The keys of `predict --json`; no points where the thing is not there."""
        pairs = zip(self.points, self.visibility, strict=True)
        points = [
            {"x": round(x, 2), "y": round(y, 2), "visible": seen >= THERE, "visibility": seen}
            for (x, y), seen in pairs
        ]
        return {
            "points": points if self.present else None,
            "present": self.present,
            "presence": self.presence,
        }

    def to_dict(self) -> dict[str, Any]:
        """`to_json`, by the name that every answer has."""
        return self.to_json()

    def _repr_html_(self) -> str:
        return html_facts("Points of one picture", self.row())

    def row(self) -> dict[str, str | float]:
        """The columns of `predict --csv`: x1, y1, v1, ...; empty where the thing is not there."""
        row: dict[str, str | float] = dict.fromkeys(columns_of(len(self.points)), "")
        row["presence"] = round(self.presence, 6)
        if self.present:
            for number, ((x, y), seen) in enumerate(zip(self.points, self.visibility, strict=True), 1):
                row |= {f"x{number}": round(x, 2), f"y{number}": round(y, 2), f"v{number}": round(seen, 6)}
        return row


def columns_of(points: int) -> tuple[str, ...]:
    """Those of `Marked.row` for so many points."""
    return ("presence", *(f"{name}{number}" for number in range(1, points + 1) for name in "xyv"))


def outputs_of(points: int) -> int:
    """How many numbers tell so many points: the flag, and x, y and visibility of each."""
    return 1 + 3 * points


def points_of(outputs: int) -> int:
    """How many points so many numbers tell.

    Raises:
        StriateError: none.
    """
    points, rest = divmod(outputs - 1, 3)
    if rest or points < 1:
        raise StriateError(f"{outputs} outputs are not those of landmarks: 1 and 3 for every point.")
    return points


def parts_of(outputs: Outputs) -> Parts:
    """The outputs by their meaning."""
    count = points_of(outputs.shape[1])
    places = outputs[:, 1 : 1 + 2 * count].reshape(-1, count, 2)
    return Parts(outputs[:, 0], places, outputs[:, 1 + 2 * count :])


def marked(outputs: Outputs, placements: Sequence[Placement]) -> list[Marked]:
    """Answers, one a picture."""
    parts = parts_of(outputs)
    presence = torch.sigmoid(parts.flags.double()).tolist()
    visibility = torch.sigmoid(parts.seen.double()).tolist()
    answers = []
    for row, place in enumerate(placements):
        height, width = place.input_hw
        back = place.points_back(parts.points[row] * torch.tensor([width, height])).tolist()
        points = tuple((x, y) for x, y in back)
        answers.append(Marked(presence[row], points, tuple(visibility[row]), place.picture_hw))
    return answers
