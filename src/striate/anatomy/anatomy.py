"""`Anatomy`: every layer of a network with its shape, cost, memory and field, and the totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

from torch import nn

from striate.anatomy.geometry import Geometry
from striate.anatomy.trace import Arithmetic, Step, trace
from striate.anatomy.training import Training, training_memory
from striate.models.number_types import number_type, require_open


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


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """All layers in the order of the computation, and their totals.

    Attributes:
        model: the network's name.
        input: shape of the picture (C, H, W).
        layers: what one picture passes in evaluation.
        unused: parameters of modules that evaluation does not use, such as auxiliary heads, by module.
        trainable_unused: how many of those are not frozen.
        stored: values that are kept and not learned, such as running means.
        training: what one training step keeps, or None where it could not be found out.
        numbers: in which the network computes, such as `float32`.
        number_bytes: of one of them.
        notes: what else is to be known of the figures.
    """

    model: str
    input: tuple[int, ...]
    layers: tuple[Layer, ...]
    unused: dict[str, int]
    trainable_unused: int
    stored: int
    training: Training | None
    numbers: str
    number_bytes: int
    notes: tuple[str, ...] = ()

    @property
    def parameters(self) -> int:
        """All of the network's learned values, unused ones included, shared ones counted once."""
        return sum(layer.parameters for layer in self.layers) + sum(self.unused.values())

    @property
    def trainable_parameters(self) -> int:
        """Those that are not frozen."""
        return sum(layer.trainable_parameters for layer in self.layers) + self.trainable_unused

    @property
    def multiply_adds(self) -> int:
        """For one picture."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def operations(self) -> int:
        """Floating-point operations for one picture."""
        return sum(layer.operations for layer in self.layers)

    @property
    def forward_bytes(self) -> int:
        """The picture and all outputs in the network's numbers, activation functions working in place."""
        return self.number_bytes * prod(self.input) + sum(layer.bytes for layer in self.layers)

    @property
    def forward_values(self) -> int:
        """How many values of the network's own size `forward_bytes` are."""
        return self.forward_bytes // self.number_bytes

    @cached_property
    def by_name(self) -> dict[str, Layer]:
        """Layers by their names."""
        return {layer.name: layer for layer in self.layers}

    def to_dict(self) -> dict[str, Any]:
        """As `striate inspect --json` prints it."""
        return {
            "model": self.model,
            "input": list(self.input),
            "parameters": self.parameters,
            "trainable_parameters": self.trainable_parameters,
            "multiply_adds": self.multiply_adds,
            "operations": self.operations,
            "forward_bytes": self.forward_bytes,
            "numbers": self.numbers,
            "notes": list(self.notes),
            "not_counted": [layer.name for layer in self.layers if not layer.counted],
            "unused": self.unused,
            "stored_values": self.stored,
            "training": None if self.training is None else self.training.to_dict(),
            "layers": [layer.to_dict() for layer in self.layers],
        }


def anatomy_of(network: nn.Module, input_size: Sequence[int], model: str | None = None) -> Anatomy:
    """Look at a network with one picture; its weights, mode and device stay as they are.

    Args:
        network: any module whose forward takes a batch of pictures.
        input_size: shape of one picture (C, H, W).
        model: what to call it; None is the class's name.

    Raises:
        StriateError: the network cannot read such a picture, or needs values and not only shapes.
    """
    require_open(network)
    numbers = number_type(network)
    steps = trace(network, input_size)
    notes = tuple(getattr(network, "anatomy_notes", ()))
    training, kept = (None, {}) if notes else training_memory(network, input_size)  # 8 bits do not train
    names = {-1: "input"} | {number: step.name for number, step in enumerate(steps)}
    counted: set[int] = set()
    layers = tuple(_layer(step, names, counted, kept) for step in steps if step.output is not None)
    unused: dict[str, int] = {}
    trainable = 0
    for name, parameter in network.named_parameters():
        if id(parameter) not in counted:
            owner = name.rpartition(".")[0] or name
            unused[owner] = unused.get(owner, 0) + parameter.numel()
            trainable += parameter.numel() if parameter.requires_grad else 0
    return Anatomy(
        model=model or type(network).__name__,
        input=tuple(input_size),
        layers=layers,
        unused=unused,
        trainable_unused=trainable,
        stored=sum(buffer.numel() for buffer in network.buffers()),
        training=training,
        numbers=str(numbers).removeprefix("torch."),
        number_bytes=numbers.itemsize,
        notes=notes,
    )


def _layer(step: Step, names: dict[int, str], counted: set[int], kept: dict[str, int]) -> Layer:
    assert step.output is not None
    fresh = [one for key, one in step.parameters.items() if key not in counted]
    counted.update(step.parameters)
    reads = step.reads or None
    return Layer(
        name=step.name,
        kind=step.kind,
        input=step.before or (),
        output=channels_first(tuple(step.output.shape), reads),
        inputs=tuple(names[number] for number in step.sources),
        parameters=sum(one.numel() for one in fresh),
        trainable_parameters=sum(one.numel() for one in fresh if one.requires_grad),
        multiply_adds=step.multiply_adds,
        operations=step.operations,
        bytes=0 if step.in_place else step.output.element_size() * step.output.numel(),
        training_bytes=kept.get(step.name, 0) if kept else None,
        receptive_field=reads and tuple(axis.field for axis in reads),
        stride=reads and tuple(axis.step for axis in reads),
        centre=reads and tuple(axis.centre for axis in reads),
        whole_picture=reads is not None and all(axis.whole for axis in reads),
        arithmetic=step.arithmetic,
        counted=getattr(step.module, "anatomy_counted", True),
    )


def channels_first(shape: tuple[int, ...], reads: Geometry | None) -> tuple[int, ...]:
    """A shape without its batch as (C, H, W), also where the network computes with (H, W, C)."""
    dims = [axis.dim for axis in reads or ()]
    if len(shape) == len(dims) + 2 and dims == list(range(1, len(shape) - 1)):
        return (shape[-1], *shape[1:-1])
    return shape[1:]
