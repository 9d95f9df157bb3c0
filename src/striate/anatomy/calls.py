"""One operation of a network while it is traced, with its arguments by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from striate.anatomy.geometry import Geometry


@dataclass(frozen=True, slots=True)
class Call:
    """An ATen operation.

    Attributes:
        name: without library and overload, an in-place one without its underscore: `convolution`, `relu`.
        given: every argument by the name that torch's schema gives it, defaults included.
        output: its first tensor.
        reads: what a tensor reads of the picture; `()` for weights and constants.
    """

    function: Any
    name: str
    given: dict[str, Any]
    output: Tensor
    reads: Callable[[Tensor], Geometry]

    @property
    def tensors(self) -> list[Tensor]:
        """All tensors among the arguments."""
        return tensors_in(list(self.given.values()))

    @property
    def data(self) -> list[Tensor]:
        """The tensors that depend on the picture."""
        return [tensor for tensor in self.tensors if self.reads(tensor)]

    @property
    def pointwise(self) -> bool:
        """Whether every output value needs only the values at its own place."""
        # Tags that torch has not given, though the operations are pointwise.
        return torch.Tag.pointwise in self.function.tags or self.name in {"hardswish", "fill", "dropout"}

    def source(self) -> Tensor:
        """The first tensor argument."""
        return self.tensors[0]

    def numbers(self, name: str, count: int) -> list[int]:
        """An argument of one number, or one number an axis, as `count` numbers."""
        value = self.given[name]
        listed = [int(value)] if isinstance(value, (int, bool)) else [int(one) for one in value]
        return listed * count if len(listed) == 1 else listed


def name_of(function: Any) -> str:
    """`aten::relu_` as `relu`."""
    name: str = function._schema.name.split("::")[1]
    return name.rstrip("_") if not name.startswith("__") else name


def arguments(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name, with the schema's defaults for those that were not given."""
    schema = function._schema.arguments
    given = dict(zip((one.name for one in schema), args, strict=False)) | kwargs
    return {one.name: given.get(one.name, one.default_value) for one in schema}


def tensors_in(value: Any) -> list[Tensor]:
    """Tensors in a value or in a list of values, in order."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [tensor for one in value for tensor in tensors_in(one)]
    return []
