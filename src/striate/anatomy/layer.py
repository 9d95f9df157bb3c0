"""`Layer`: one layer of a network with its shape, cost, memory and field, for one picture."""

from dataclasses import dataclass
from math import prod
from typing import Any

from striate.anatomy.trace import Arithmetic


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer for one picture.

    Attributes:
        name: dotted, as in the module; an operation between modules has its own (`layer1.0.add`), and what
            runs again counts on (`layer1.0.relu:2`).
        kind: the module's class, or the operation.
        input: shape of its first input, without the batch.
        output: shape (C, H, W), or (K,) where there are no positions.
        inputs: names of the layers it reads; `input` is the picture.
        parameters: learned values; those that an earlier layer has counted already are left out.
        trainable_parameters: those of them that are not frozen.
        multiply_adds: of convolutions and matrix products, biases left out.
        operations: floating-point operations, each multiplication and each addition counted.
        bytes: new memory for the output, in the network's own numbers (float32, float16...); 0 for what can
            work in place (activation functions, dropout, batch normalisation with stored statistics,
            flattening).
        training_bytes: what a training keeps of this layer for its backward pass.
        receptive_field: pixels (h, w) that one value reads. In a map this is the theoretical size, which
        padding
            and a small picture cut; without positions it counts the pixels of this picture. None: not known.
        stride: pixels (h, w) from one value to the next; the picture's size where there are no positions.
        centre: pixel (h, w) in the middle of what the first value reads.
        whole_picture: every value reads all of the picture.
        arithmetic: the operation that gives the output its size.
        counted: False where only the output's size is known, not what it costs.
    """

    name: str
    kind: str
    input: tuple[int, ...]
    output: tuple[int, ...]
    inputs: tuple[str, ...]
    parameters: int
    trainable_parameters: int
    multiply_adds: int
    operations: int
    bytes: int
    training_bytes: int | None
    receptive_field: tuple[int, ...] | None
    stride: tuple[int, ...] | None
    centre: tuple[float, ...] | None
    whole_picture: bool
    arithmetic: Arithmetic | None
    counted: bool = True

    @property
    def values(self) -> int:
        """Values in the output."""
        return prod(self.output)

    def to_json(self) -> dict[str, Any]:
        """`to_dict`, by its other name."""
        return self.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """As `striate inspect --json` prints it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "output": list(self.output),
            "inputs": list(self.inputs),
            "parameters": self.parameters,
            "trainable_parameters": self.trainable_parameters,
            "multiply_adds": self.multiply_adds,
            "operations": self.operations,
            "bytes": self.bytes,
            "training_bytes": self.training_bytes,
            "receptive_field": None if self.receptive_field is None else list(self.receptive_field),
            "stride": None if self.stride is None else list(self.stride),
            "centre": None if self.centre is None else list(self.centre),
            "whole_picture": self.whole_picture,
            "counted": self.counted,
        }
