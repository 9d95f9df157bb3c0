"""`Anatomy`: every layer of a network and the totals, as numbers, as tables and as arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

from torch import nn

from striate.anatomy.explain import ALL, Arithmetics, arithmetics, shape_text
from striate.anatomy.geometry import Geometry
from striate.anatomy.layer import Layer
from striate.anatomy.table import Table, layer_table
from striate.anatomy.trace import Step, trace
from striate.anatomy.training import Training, training_memory
from striate.models.number_types import number_type, require_open


@dataclass(frozen=True, kw_only=True, repr=False)
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

    def explain(self, layer: str = ALL) -> Arithmetics:
        """The arithmetic of one layer, or of all of them, general formulas beside the numbers.

        Raises:
            UnknownName: there is no such layer.
        """
        return arithmetics(self.model, self.by_name, layer)

    def table(self) -> Table:
        """One row a layer; it is shown as Markdown, LaTeX, CSV or HTML."""
        return layer_table(self.model, self.input, self.layers, self.parameters, self.multiply_adds)

    def __repr__(self) -> str:
        """Five lines; `.layers` has every layer."""
        return "\n".join(
            (
                f"Anatomy of {self.model}, which reads {shape_text(self.input)}",
                f"layers         {len(self.layers):,}",
                f"parameters     {self.parameters:,}",
                f"multiply-adds  {self.multiply_adds:,}",
                f"memory         {self.forward_bytes:,} bytes",
            )
        )

    def _repr_html_(self) -> str:
        """The table of layers, for a notebook."""
        return self.table().html()

    def to_json(self) -> dict[str, Any]:
        """`to_dict`, by its other name."""
        return self.to_dict()

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
        notes=(*notes, *getattr(network, "anatomy_remarks", ())),
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
