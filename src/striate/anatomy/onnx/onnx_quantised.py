"""ONNX operators of 8-bit networks on shapes: they count as what they compute, without scales and zeros.

Source: the operator specification of ONNX, opset 13 and later, and ONNX Runtime's com.microsoft operators
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate.anatomy.onnx.onnx_operators import OPERATORS, Attributes, Operator

# Numbers between floats and integers: no layer of its own, the layers around it are.
CONVERSIONS = {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"}


def _first(_: Attributes, value: Any, *__: Any) -> Any:
    return value


def _dequantised(_: Attributes, value: Any, *__: Any) -> Any:
    return value if isinstance(value, Tensor) else torch.empty(np.shape(value), device="meta")


def _dynamic(_: Attributes, value: Tensor) -> tuple[Any, ...]:
    return value, np.array(1.0), np.array(0)


def _of(name: str, *places: int) -> Operator:
    """The float operator of the inputs at these places; the others are scales and zeros."""

    def run(given: Attributes, *values: Any) -> Any:
        chosen = [values[place] for place in places if place < len(values) and values[place] is not None]
        return OPERATORS[name](given, *chosen)

    return run


def _concat(given: Attributes, *values: Any) -> Any:
    return OPERATORS["Concat"](given, *values[2::3])


QUANTISED: dict[str, Operator] = {
    "QuantizeLinear": _first,
    "DequantizeLinear": _dequantised,
    "DynamicQuantizeLinear": _dynamic,
    "QLinearConv": _of("Conv", 0, 3, 8),
    "ConvInteger": _of("Conv", 0, 1),
    "QLinearMatMul": _of("MatMul", 0, 3),
    "MatMulInteger": _of("MatMul", 0, 1),
    "QGemm": _of("Gemm", 0, 3, 6),
    "QLinearAdd": _of("Add", 0, 3),
    "QLinearMul": _of("Mul", 0, 3),
    "QLinearSigmoid": _of("Sigmoid", 0),
    "QLinearLeakyRelu": _of("LeakyRelu", 0),
    "QLinearSoftmax": _of("Softmax", 0),
    "QLinearAveragePool": _of("AveragePool", 0),
    "QLinearGlobalAveragePool": _of("GlobalAveragePool", 0),
    "QLinearConcat": _concat,
}
# Inputs that are learned; the others of these operators are scales and zeros, which are stored, not learned.
LEARNED = {
    **dict.fromkeys(("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"), (0,)),
    "QLinearConv": (0, 3, 8),
    "QLinearMatMul": (0, 3),
    "QGemm": (0, 3, 6),
    "QLinearAdd": (0, 3),
    "QLinearMul": (0, 3),
    "ConvInteger": (0, 1),
    "MatMulInteger": (0, 1),
}
