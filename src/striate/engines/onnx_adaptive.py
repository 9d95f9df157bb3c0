"""Adaptive average pooling in ONNX, also to a size that is no factor of the map's, as in VGG on small ones.

Each output is the mean of an interval of rows and of columns, so pooling is a product with one matrix of
shares for the rows and one for the columns.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

OPERATION = "aten::adaptive_avg_pool2d"
SINCE = 9  # the operator set from which on the exporter takes this form


def shares(inputs: int, outputs: int) -> Float[Tensor, "outputs inputs"]:
    """What each of n inputs adds to each of m means: mean i has floor(i n / m) to ceil((i + 1) n / m)."""
    found = torch.zeros(outputs, inputs)
    for row in range(outputs):
        begin, end = row * inputs // outputs, -(-(row + 1) * inputs // outputs)
        found[row, begin:end] = 1 / (end - begin)
    return found


@contextmanager
def adaptive_pools_exported() -> Iterator[None]:
    """While an export runs, its form of the operation is the one here."""
    torch.onnx.register_custom_op_symbolic(OPERATION, _exported, SINCE)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.onnx.unregister_custom_op_symbolic(OPERATION, SINCE)  # type: ignore[attr-defined]


def _exported(graph: Any, maps: Any, size: Any) -> Any:
    """The nodes for maps (B, C, H, W): the plain forms of pooling where they do, else two products."""
    outputs = [int(side) for side in size.node().t("value").tolist()]
    if outputs == [1, 1]:
        return graph.op("GlobalAveragePool", maps)
    inputs = (maps.type().varyingSizes() or [None] * 4)[2:]
    if None in inputs:
        raise ValueError("adaptive pooling of maps whose size is not known")
    if all(side % wanted == 0 for side, wanted in zip(inputs, outputs, strict=True)):
        step = [side // wanted for side, wanted in zip(inputs, outputs, strict=True)]
        return graph.op("AveragePool", maps, kernel_shape_i=step, strides_i=step)
    rows, columns = (shares(side, wanted) for side, wanted in zip(inputs, outputs, strict=True))
    rows, columns = (graph.op("Constant", value_t=one) for one in (rows, columns.T.contiguous()))
    return graph.op("MatMul", graph.op("MatMul", rows, maps), columns)
