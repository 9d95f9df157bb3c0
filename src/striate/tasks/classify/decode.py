"""From a classifier's outputs to answers: scores, probabilities, the leading classes by name."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from striate.data.wording import probability
from striate.files.html_table import html_table
from striate.shapes import Logits


@dataclass(frozen=True, slots=True)
class Answer:
    """What a classifier says of one picture.

    Attributes:
        label: the most probable class.
        probability: its calibrated probability, in [0, 1].
        top: the most probable classes with their probabilities, best first.
        scores: (K,) logits before calibration, where one network answered.
        probabilities: (K,) of all classes, where several networks answered together.
    """

    label: str
    probability: float
    top: list[tuple[str, float]]
    scores: Tensor | None = field(default=None, repr=False, compare=False)
    probabilities: Tensor | None = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The keys of `predict --json`."""
        return {"label": self.label, "probability": self.probability, "top": [list(one) for one in self.top]}

    def to_dict(self) -> dict[str, Any]:
        """`to_json`, by the name that every answer has."""
        return self.to_json()

    def _repr_html_(self) -> str:
        rows = [(label, probability(share)) for label, share in self.top]
        return html_table(f"{self.label}, {probability(self.probability)}", ("class", "probability"), rows)

    def row(self) -> dict[str, str | float]:
        """The columns of `predict --csv`."""
        return {"label": self.label, "probability": round(self.probability, 6)}


def named_answers(
    probabilities: Float[Tensor, "B K"],
    labels: Sequence[str],
    top: int = 5,
    scores: Float[Tensor, "B K"] | None = None,
) -> list[Answer]:
    """Probabilities (B, K) in words: of each picture the `top` most probable classes."""
    answers = []
    leading = (found.tolist() for found in leading_classes(probabilities, top))
    for row, (values, indices) in enumerate(zip(*leading, strict=True)):
        named = [(labels[index], value) for index, value in zip(indices, values, strict=True)]
        known = (None, probabilities[row]) if scores is None else (scores[row], None)
        answers.append(Answer(named[0][0], named[0][1], named, *known))
    return answers


def decode_scores(logits: Logits) -> Float[Tensor, "B classes"]:
    """A score for every class: the logits themselves, or [0, z] for a network with a single output z."""
    if logits.shape[1] > 1:
        return logits
    return torch.cat([torch.zeros_like(logits), logits], dim=1)


def leading_classes(
    probabilities: Float[Tensor, "B classes"], top: int
) -> tuple[Float[Tensor, "B top"], Int64[Tensor, "B top"]]:
    """Values and columns of each row's `top` largest, best first; of equal ones the first column leads."""
    wanted = min(top, probabilities.shape[1])
    if len(probabilities):
        least = probabilities.topk(wanted, dim=1).values[:, -1:]
        among = probabilities >= least
        if bool((among.sum(dim=1) == wanted).all()):  # no two are equal at the edge: sort a few of many
            columns = among.nonzero()[:, 1].view(-1, wanted)
            order = probabilities.gather(1, columns).sort(dim=1, descending=True, stable=True)
            return order.values, columns.gather(1, order.indices)
    best = probabilities.sort(dim=1, descending=True, stable=True)
    return best.values[:, :wanted], best.indices[:, :wanted]
