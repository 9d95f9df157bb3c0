"""A network in 8-bit integers, made after its training from the ranges that its maps have on some pictures.

ONNX Runtime's quantiser makes it: weights with a scale for every output channel, maps with one scale each.
The last layer and the mean over all places before it stay in float: they cost little, and 256 steps are too
few for scores. The result is an ONNX file, which OpenVINO compiles into integer products (decision
0012-int8).

Source: Krishnamoorthi, "Quantizing deep convolutional networks for efficient inference: A whitepaper", 2018,
sections 2.1 and 3.1.
"""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.engines.errors import CannotConvert, reason
from striate.engines.onnx_engine import export, import_onnxruntime
from striate.shapes import Pictures

BATCH = 8
WEIGHTED = ("Conv", "Gemm", "MatMul")
MEANS = ("ReduceMean", "GlobalAveragePool")


def quantise(module: nn.Module, example: Tensor, pictures: Pictures) -> bytes:
    """The module in eval mode as an ONNX file of 8-bit integers.

    Args:
        module: on the CPU; it reads 8-bit pictures and normalises them itself.
        example: two such pictures; only their shape matters.
        pictures: some hundred of those that it learned from; what their maps do not reach is cut off.

    Raises:
        CannotConvert: ONNX lacks one of the network's operations.
    """
    import_onnxruntime()
    from onnxruntime import quantization

    with tempfile.TemporaryDirectory(prefix="striate-int8-") as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, shaped, found = (Path(name) / f"{step}.onnx" for step in ("plain", "shaped", "int8"))
        export(module, example, plain)
        try:
            quantization.quant_pre_process(str(plain), str(shaped), skip_symbolic_shape=True)
            quantization.quantize_static(
                str(shaped),
                str(found),
                _reader(quantization, pictures),
                quant_format=quantization.QuantFormat.QDQ,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                per_channel=True,
                nodes_to_exclude=_in_float(shaped),
            )
        except Exception as error:  # the quantiser raises whatever an operation raises
            raise CannotConvert(reason(error)) from error
        return found.read_bytes()


def _in_float(file: Path) -> list[str]:
    """The names of the last layer and of means over all places."""
    import onnx

    nodes = onnx.load(file).graph.node
    last = [node.name for node in nodes if node.op_type in WEIGHTED][-1:]
    return last + [node.name for node in nodes if node.op_type in MEANS]


def _reader(quantization: Any, pictures: Pictures) -> Any:
    """The pictures in batches, as the quantiser asks for them."""
    parts = iter(torch.split(pictures, BATCH))

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        """`get_next` until it gives None."""

        def get_next(self) -> dict[str, Any] | None:
            part = next(parts, None)
            return None if part is None else {"images": part.contiguous().numpy()}

    return Reader()
