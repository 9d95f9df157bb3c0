"""What one operation costs: multiply-adds, and floating-point operations.

A multiply-add is one multiplication with the addition that follows it, in convolutions, dense layers and
other matrix products; biases are left out. Floating-point operations are all of them, each multiplication and
each addition counted singly: a sum of n products is 2n - 1, its bias one more; a comparison, a root, an
exponential and a division are one each.
"""

import math

from striate.anatomy.calls import Call
from striate.anatomy.fields import matrices, windows_of
from striate.anatomy.geometry import Unknown

MATRIX = {"mm", "addmm", "bmm", "baddbmm"}
FREE = {
    *("view", "_unsafe_view", "reshape", "_reshape_alias", "expand", "permute", "transpose", "t", "squeeze"),
    *("unsqueeze", "slice", "select", "split", "split_with_sizes", "chunk", "unbind", "clone", "detach"),
    *("alias", "_to_copy", "contiguous", "lift_fresh", "cat", "stack", "im2col", "unfold", "copy", "fill"),
    *("new_empty", "empty", "zeros", "constant_pad_nd", "index_select", "as_strided"),
}


def multiply_adds(call: Call) -> int:
    """One a product that is summed; 0 for everything but convolutions and matrix products."""
    if call.name == "convolution":
        weight = call.given["weight"]
        grid = call.source() if call.given["transposed"] else call.output
        return int(grid.numel() // grid.shape[1] * weight.numel())
    if call.name in MATRIX:
        first, _ = matrices(call)
        return call.output.numel() * first.shape[-1]
    if call.name.startswith("_scaled_dot_product"):
        query, key = call.given["query"], call.given["key"]
        return int(2 * query.numel() * key.shape[-2])
    return 0


def operations(call: Call) -> int:
    """Floating-point operations."""
    if call.name in FREE:
        return 0
    products, values = multiply_adds(call), call.output.numel()
    if products:
        bias = call.given.get("bias") is not None or call.name in {"addmm", "baddbmm"}
        return 2 * products - (0 if bias else values)
    return _without_products(call, values)


def _without_products(call: Call, values: int) -> int:
    if "norm" in call.name and "vector" not in call.name:
        return (2 if "batch" in call.name else 7) * values  # stored statistics: one scale, one shift
    if "softmax" in call.name:
        return 5 * values  # largest, difference, exponential, sum, division
    if "pool" in call.name:
        return _pooling(call, values)
    if call.pointwise:
        return values
    return max((tensor.numel() for tensor in call.data), default=0)  # a sum over its input


def _pooling(call: Call, values: int) -> int:
    try:
        cells = math.prod(window.kernel for window in windows_of(call).values())
    except Unknown:  # windows of different sizes that together cover the input
        return call.source().numel()
    return values * (cells - 1 if "max" in call.name else cells if cells > 1 else 0)
