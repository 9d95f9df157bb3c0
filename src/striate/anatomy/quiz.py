"""The course's blank table: which figures to ask for, and whether an answer is right."""

import random
import re
from dataclasses import dataclass

from striate.anatomy.anatomy import Anatomy
from striate.anatomy.explain import Line, describe, explain, shape_text
from striate.anatomy.layer import Layer


@dataclass(frozen=True, slots=True)
class Question:
    """One blank of the table.

    Attributes:
        layer: the row.
        asks: the column: `output shape` or `parameters`.
        answer: how the right answer is written.
    """

    layer: Layer
    asks: str
    answer: str

    @property
    def told(self) -> str:
        """What the row shows: what comes in and how the layer is built."""
        return f"{shape_text(self.layer.input)} -> {describe(self.layer)}"

    def is_right(self, text: str) -> bool:
        """Whether an answer is right: shapes with channels first or last, numbers with or without commas."""
        if self.asks == "parameters":
            digits = re.sub(r"[\s,_']", "", text)
            return digits.isdecimal() and int(digits) == self.layer.parameters
        found = tuple(int(one) for one in re.findall(r"\d+", re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)))
        right = self.layer.output
        spread = tuple(int(one) for one in re.findall(r"\d+", text))
        ones = (*right, *[1] * (3 - len(right)))
        return any(
            given in (right, (*right[1:], right[0]), ones, (*ones[1:], ones[0])) for given in (found, spread)
        )

    def arithmetic(self, anatomy: Anatomy) -> list[Line]:
        """The lines that lead to the answer."""
        wanted = (
            {"parameters"} if self.asks == "parameters" else {"height and width", "height", "width", "length"}
        )
        lines = [line for line in explain(anatomy.by_name, self.layer) if line.what in wanted]
        if self.asks == "output shape" and self.layer.output:
            lines += _channels(self.layer)
        return lines


def questions(anatomy: Anatomy, rows: int = 12, seed: int = 0) -> list[Question]:
    """Two questions a row, shape and parameters, for every layer that changes something.

    Args:
        rows: of a longer network so many rows are drawn, in the network's order.
        seed: decides which.
    """
    asked = [layer for layer in anatomy.layers if layer.parameters or layer.output != layer.input]
    if len(asked) > rows:
        chosen = sorted(random.Random(seed).sample(range(len(asked)), rows))
        asked = [asked[number] for number in chosen]
    return [
        question
        for layer in asked
        for question in (
            Question(layer, "output shape", shape_text(layer.output)),
            Question(layer, "parameters", f"{layer.parameters:,}"),
        )
    ]


def _channels(layer: Layer) -> list[Line]:
    arithmetic = layer.arithmetic
    if arithmetic is not None and arithmetic.name == "convolution":
        return [Line("channels", f"one a filter: {layer.output[0]}")]
    if arithmetic is not None and arithmetic.name == "dense":
        return [Line("outputs", f"{layer.output[-1]}")]
    if len(layer.output) == 1 and len(layer.input) == 3:
        return [Line("values", f"{'*'.join(map(str, layer.input))} = {layer.output[0]:,}")]
    return [Line("channels", f"{layer.output[0]}")]
