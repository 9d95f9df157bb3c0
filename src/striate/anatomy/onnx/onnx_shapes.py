"""Sizes of what operators without a rule put out, as `onnx.shape_inference` finds them.

Such an operator is followed by its sizes alone: what it computes is not counted, and the totals say so.
"""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from striate.errors import StriateError


class InferredShapes:
    """The sizes of a file's maps for pictures of one size, found when they are first asked for."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._found: dict[tuple[int, ...], dict[str, tuple[int, ...]]] = {}

    def of(self, picture: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """The size of every map whose size is known, by its name, for one input of this size."""
        size = tuple(picture)
        if size not in self._found:
            self._found[size] = self._infer(size)
        return self._found[size]

    def _infer(self, size: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        import onnx

        stored = {one.name for one in self._model.graph.initializer}
        picture = next(one for one in self._model.graph.input if one.name not in stored)
        for dim, side in zip(picture.type.tensor_type.shape.dim, size, strict=False):
            dim.dim_value = side
        for one in self._model.graph.output:
            one.type.tensor_type.ClearField("shape")  # what the file says is of other pictures
        try:
            inferred = onnx.shape_inference.infer_shapes(self._model, data_prop=True).graph
        except Exception:  # noqa: BLE001 it raises what it likes, and then no size is known
            return {}
        found = {}
        for one in [*inferred.value_info, *inferred.output]:
            shape = one.type.tensor_type.shape
            if one.type.tensor_type.HasField("shape") and all(dim.dim_value > 0 for dim in shape.dim):
                found[one.name] = tuple(int(dim.dim_value) for dim in shape.dim)
        return found


def by_size(kind: str, node: str, outputs: Sequence[str], sizes: Callable[[], Any]) -> Callable[..., Any]:
    """An operator that makes its outputs by their sizes.

    Args:
        sizes: gives the known ones by name.
    """

    def run(_: dict[str, Any], *values: Any) -> Any:
        known = sizes()
        data = next((value for value in values if isinstance(value, Tensor)), None)
        unknown = [name for name in outputs if name and name not in known]
        if data is None or unknown:
            raise StriateError(
                f"the ONNX operator {kind} (node {node}) has no rule here, and onnx.shape_inference does not "
                "find the size of what it puts out. Inspect the module that the file was made from."
            )
        made = tuple(data.new_empty(known[name]) if name else None for name in outputs)
        return made if len(made) > 1 else made[0]

    return run
