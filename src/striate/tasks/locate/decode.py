"""From a localiser's outputs to answers: is there something, what, and where in the user's picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from striate.files.html_table import html_facts
from striate.losses.localisation import FIRST_CLASS
from striate.ops.boxes import from_middles
from striate.preprocess.placement import Placement

THERE = 0.5  # probability from which on there is an object

COLUMNS = ("label", "probability", "presence", "x1", "y1", "x2", "y2")

Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Located:
    """What a localiser says of one picture.

    Attributes:
        presence: the probability that there is an object.
        label: the most probable class, if there is an object.
        probability: of that class, given an object.
        xyxy: where it would be, (x1, y1, x2, y2) in the pixels of the user's picture.
    """

    presence: float
    label: str
    probability: float
    xyxy: Corners

    @property
    def present(self) -> bool:
        """Whether there is an object."""
        return self.presence >= THERE

    def to_json(self) -> dict[str, Any]:
        """The keys of `predict --json`; box and label are null where there is no object."""
        return {
            "xyxy": [round(value, 2) for value in self.xyxy] if self.present else None,
            "label": self.label if self.present else None,
            "probability": self.probability if self.present else None,
            "present": self.present,
            "presence": self.presence,
        }

    def to_dict(self) -> dict[str, Any]:
        """`to_json`, by the name that every answer has."""
        return self.to_json()

    def _repr_html_(self) -> str:
        return html_facts("Box of one picture", self.row())

    def row(self) -> dict[str, str | float]:
        """The columns of `predict --csv`; empty where there is no object."""
        if not self.present:
            return {**dict.fromkeys(COLUMNS, ""), "presence": round(self.presence, 6)}
        x1, y1, x2, y2 = (round(value, 2) for value in self.xyxy)
        values = (self.label, round(self.probability, 6), round(self.presence, 6), x1, y1, x2, y2)
        return dict(zip(COLUMNS, values, strict=True))


def input_boxes(outputs: Float[Tensor, "B M"], size_hw: tuple[int, int]) -> Float[Tensor, "B 4"]:
    """Boxes (x1, y1, x2, y2) in pixels of the input."""
    return from_middles(outputs[:, 1:FIRST_CLASS].float(), size_hw)


def located(
    outputs: Float[Tensor, "B M"], placements: Sequence[Placement], labels: Sequence[str]
) -> list[Located]:
    """Answers, one a picture."""
    probabilities = torch.softmax(outputs[:, FIRST_CLASS:].double(), dim=1)
    best = probabilities.max(dim=1)
    presence = torch.sigmoid(outputs[:, 0].double()).tolist()
    answers = []
    for row, place in enumerate(placements):
        boxes = input_boxes(outputs[row : row + 1].cpu(), place.input_hw)
        x1, y1, x2, y2 = place.boxes_back(boxes)[0].tolist()
        label, probability = labels[int(best.indices[row])], float(best.values[row])
        answers.append(Located(presence[row], label, probability, (x1, y1, x2, y2)))
    return answers
