"""ONNX operators as torch operations on shapes, and on arrays where a graph computes with sizes.

Source: the operator specification of ONNX, opset 13 and later
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

Attributes = dict[str, Any]
Operator = Callable[..., Any]


def _padding(given: Attributes, picture: Tensor, kernel: Sequence[int]) -> tuple[Tensor, list[int]]:
    """Padding that is the same on both sides goes to the operation, any other is done before it."""
    count = len(kernel)
    strides, dilations = given.get("strides", [1] * count), given.get("dilations", [1] * count)
    pads = list(given.get("pads", [0] * 2 * count))
    mode = given.get("auto_pad", "NOTSET")
    if mode in {"SAME_UPPER", "SAME_LOWER"}:
        for axis in range(count):
            size, reach = picture.shape[2 + axis], dilations[axis] * (kernel[axis] - 1) + 1
            total = max(0, (-(-size // strides[axis]) - 1) * strides[axis] + reach - size)
            small, large = total // 2, total - total // 2
            pads[axis], pads[axis + count] = (small, large) if mode == "SAME_UPPER" else (large, small)
    if pads[:count] == pads[count:]:
        return picture, pads[:count]
    sides = [side for axis in reversed(range(count)) for side in (pads[axis], pads[axis + count])]
    return F.pad(picture, sides), [0] * count


def _conv(given: Attributes, picture: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    kernel = list(weight.shape[2:])
    picture, padding = _padding(given, picture, kernel)
    count = len(kernel)
    run = (F.conv1d, F.conv2d, F.conv3d)[count - 1]
    return run(
        picture,
        weight,
        bias,
        given.get("strides", [1] * count),
        padding,
        given.get("dilations", [1] * count),
        given.get("group", 1),
    )


def _max_pool(given: Attributes, picture: Tensor) -> Tensor:
    kernel = given["kernel_shape"]
    picture, padding = _padding(given, picture, kernel)
    strides, dilations = given.get("strides", [1] * len(kernel)), given.get("dilations", 1)
    return F.max_pool2d(picture, kernel, strides, padding, dilations, bool(given.get("ceil_mode", 0)))


def _average_pool(given: Attributes, picture: Tensor) -> Tensor:
    kernel = given["kernel_shape"]
    picture, padding = _padding(given, picture, kernel)
    strides = given.get("strides", [1] * len(kernel))
    return F.avg_pool2d(picture, kernel, strides, padding, bool(given.get("ceil_mode", 0)))


def _gemm(given: Attributes, first: Tensor, second: Tensor, third: Tensor | None = None) -> Tensor:
    first = first.t() if given.get("transA") else first
    second = second if given.get("transB") else second.t()
    return F.linear(first, second, third)


def _flatten(given: Attributes, value: Tensor) -> Tensor:
    axis = int(given.get("axis", 1))
    return value.reshape(value.shape[:axis].numel(), -1)


def _reshape(_: Attributes, value: Any, shape: Any) -> Any:
    sizes = [int(one) for one in np.asarray(shape).tolist()]
    sizes = [value.shape[number] if size == 0 else size for number, size in enumerate(sizes)]
    return value.reshape(sizes)


def _axes(given: Attributes, rest: Sequence[Any], rank: int) -> list[int]:
    value = rest[0] if rest and rest[0] is not None else given.get("axes")
    found = range(rank) if value is None else np.asarray(value).reshape(-1).tolist()
    return [int(axis) % rank for axis in found]


def _reduce(run: Callable[..., Tensor]) -> Operator:
    def reduce(given: Attributes, value: Tensor, *rest: Any) -> Tensor:
        return run(value, dim=_axes(given, rest, value.dim()), keepdim=bool(given.get("keepdims", 1)))

    return reduce


def _squeeze(given: Attributes, value: Any, *rest: Any) -> Any:
    axes = tuple(_axes(given, rest, len(value.shape)))
    return value.squeeze(axes)


def _unsqueeze(given: Attributes, value: Any, *rest: Any) -> Any:
    axes = rest[0] if rest else given["axes"]
    for axis in sorted(int(one) for one in np.asarray(axes).reshape(-1)):
        value = value.unsqueeze(axis) if isinstance(value, Tensor) else np.expand_dims(value, axis)
    return value


def _concat(given: Attributes, *values: Any) -> Any:
    if any(isinstance(value, Tensor) for value in values):
        return torch.cat(values, dim=given["axis"])
    return np.concatenate(values, axis=given["axis"])


def _slice(_: Attributes, value: Any, starts: Any, ends: Any, axes: Any = None, steps: Any = None) -> Any:
    rank = len(value.shape)
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    index = [slice(None)] * rank
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        index[int(axis) % rank] = slice(int(start), int(min(end, 2**31)), int(step))
    return value[tuple(index)]


def _pad(given: Attributes, value: Tensor, pads: Any = None, *_: Any) -> Tensor:
    amounts = [int(one) for one in (given["pads"] if pads is None else pads)]
    rank = value.dim()
    sides = [side for axis in reversed(range(rank)) for side in (amounts[axis], amounts[axis + rank])]
    while sides and sides[-2:] == [0, 0]:
        sides = sides[:-2]
    wanted = given.get("mode", "constant")
    modes = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}
    if wanted not in modes:
        raise NotImplementedError(f"it pads by '{wanted}', known are {', '.join(modes)}")
    return F.pad(value, sides, mode=modes[wanted])


def _gather(given: Attributes, value: Any, index: Any) -> Any:
    if isinstance(value, Tensor) or isinstance(index, Tensor):
        raise NotImplementedError("it picks from computed values")
    return np.take(value, index, axis=given.get("axis", 0))


def _batch_norm(_: Attributes, value: Tensor, scale: Any, shift: Any, mean: Any, variance: Any) -> Tensor:
    return F.batch_norm(value, mean, variance, scale, shift)


def _lrn(given: Attributes, value: Tensor) -> Tensor:
    return F.local_response_norm(value, int(given["size"]))


def _pointwise(run: Callable[..., Any], in_numpy: Callable[..., Any] | None = None) -> Operator:
    def apply(_: Attributes, *values: Any) -> Any:
        if in_numpy is not None and not any(isinstance(value, Tensor) for value in values):
            return in_numpy(*values)
        return run(*(value if isinstance(value, Tensor) else _number(value) for value in values))

    return apply


def _number(value: Any) -> float:
    return float(np.asarray(value).reshape(-1)[0])


def _cast(_: Attributes, value: Any) -> Any:
    return value


OPERATORS: dict[str, Operator] = {
    "Conv": _conv,
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": lambda _, value: value.mean(dim=tuple(range(2, value.dim())), keepdim=True),
    "GlobalMaxPool": lambda _, value: value.amax(dim=tuple(range(2, value.dim())), keepdim=True),
    "Gemm": _gemm,
    "MatMul": lambda _, first, second: torch.matmul(first, second),
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Transpose": lambda given, value: value.permute(*given.get("perm", reversed(range(value.dim())))),
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "ReduceMean": _reduce(torch.mean),
    "ReduceSum": _reduce(torch.sum),
    "Concat": _concat,
    "Slice": _slice,
    "Pad": _pad,
    "Gather": _gather,
    "Shape": lambda _, value: np.array(value.shape),
    "Constant": lambda given: next(iter(given.values())),
    "Cast": _cast,
    "Identity": _cast,
    "Dropout": lambda _, value, *__: value * 1,
    "BatchNormalization": _batch_norm,
    "LRN": _lrn,
    "Softmax": lambda given, value: torch.softmax(value, dim=given.get("axis", -1)),
    "Relu": _pointwise(torch.relu),
    "LeakyRelu": _pointwise(F.leaky_relu),
    "Elu": _pointwise(F.elu),
    "Sigmoid": _pointwise(torch.sigmoid),
    "HardSigmoid": _pointwise(F.hardsigmoid),
    "HardSwish": _pointwise(F.hardswish),
    "Tanh": _pointwise(torch.tanh),
    "Erf": _pointwise(torch.erf),
    "Gelu": _pointwise(F.gelu),
    "Sqrt": _pointwise(torch.sqrt),
    "Clip": lambda _, value, *__: torch.clamp(value, 0, 6),
    "Add": _pointwise(torch.add, np.add),
    "Sub": _pointwise(torch.sub, np.subtract),
    "Mul": _pointwise(torch.mul, np.multiply),
    "Div": _pointwise(torch.div, np.floor_divide),
    "Pow": _pointwise(torch.pow),
}
