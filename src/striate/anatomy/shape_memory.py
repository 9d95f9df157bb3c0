"""Shapes of operations that a network repeats: torch is asked once for each, not once for each layer.

On the meta device torch works out the shapes of batch normalisation in Python, which takes a millisecond a
layer; a network of a thousand layers has a handful of different ones.
"""

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

ATEN = torch.ops.aten
# Every output is a tensor of its own: neither a view nor the input itself. On the meta device the running
# averages that training changes in place have no values.
REMEMBERED = {
    ATEN.native_batch_norm.default,
    ATEN._native_batch_norm_legit.default,
    ATEN._native_batch_norm_legit_no_training.default,
    ATEN.convolution.default,
    ATEN.add.Tensor,
    ATEN.relu.default,
}
IN_PLACE = {ATEN.add_.Tensor, ATEN.relu_.default}  # these return their first input


class ShapeMemory:
    """Runs operations on tensors without values, the frequent ones once for each set of shapes."""

    def __init__(self) -> None:
        self.known: dict[Any, tuple[bool, list[tuple[Any, ...]]]] = {}

    def run(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What `func(*args, **kwargs)` returns; what it refuses is refused every time."""
        if func not in REMEMBERED and func not in IN_PLACE:
            return func(*args, **kwargs)
        key = (func, _signature(args), _signature(tuple(kwargs.items())))
        if key not in self.known:
            outputs = func(*args, **kwargs)
            several = isinstance(outputs, tuple)
            listed = outputs if several else (outputs,)
            self.known[key] = several, [(one.shape, one.stride(), one.dtype) for one in listed]
            return outputs
        if func in IN_PLACE:
            return args[0]
        several, forms = self.known[key]
        made = tuple(
            torch.empty_strided(shape, stride, dtype=dtype, device="meta") for shape, stride, dtype in forms
        )
        return made if several else made[0]


class RememberingMode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Everything inside runs on shapes alone, with a memory of its own."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.memory = ShapeMemory()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return self.memory.run(func, args, kwargs or {})


def _signature(values: Any) -> Any:
    """What the shapes of an operation's outputs depend on, as a key."""
    if isinstance(values, Tensor):
        return values.shape, values.stride(), values.dtype
    if isinstance(values, (list, tuple)):
        return tuple(_signature(one) for one in values)
    return type(values), values  # 1, 1.0 and True are equal, and make sums of different types
