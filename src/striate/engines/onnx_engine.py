"""ONNX Runtime: the engine that runs nearly everywhere; here in fp32 on the CPU.

Its telemetry, which since version 1.29 reports every session to Microsoft and writes to `~/.cache/Microsoft`,
is off.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.engines.compiled_cache import cached
from striate.engines.engine import Outputs, as_outputs, joined
from striate.engines.errors import CannotConvert, reason
from striate.engines.fingerprint import fingerprint
from striate.engines.onnx_adaptive import adaptive_pools_exported
from striate.shapes import Images, Pictures

OPERATOR_SET = 17
BATCH = 8


class OnnxEngine:
    """A network as an ONNX graph, with as many threads as torch uses."""

    name = "onnxruntime"
    precision = "fp32"

    def __init__(self, content: bytes) -> None:
        onnxruntime = import_onnxruntime()
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = torch.get_num_threads()
        self._session = onnxruntime.InferenceSession(content, settings, providers=["CPUExecutionProvider"])

    def run(self, images: Images | Pictures) -> Outputs:
        """As `Engine.run`."""
        if len(images) == 0:
            return tuple(one[:0] for one in self.run(images.new_zeros(1, *images.shape[1:])))
        parts = torch.split(images.cpu(), BATCH)
        found = [self._session.run(None, {"images": part.contiguous().numpy()}) for part in parts]
        return joined([tuple(torch.from_numpy(one) for one in part) for part in found])


def import_onnxruntime() -> Any:
    """The package, imported so that it reports nothing; where it has been imported before, silenced."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read at the import
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime


def open_onnx(module: nn.Module, example: Tensor) -> OnnxEngine:
    """The engine of a module in eval mode on the CPU, exported now or read from the cache.

    Args:
        module: on the CPU.
        example: what it reads, two images; only shape and type matter.

    Raises:
        CannotConvert: ONNX lacks one of the network's operations, or the network is larger than 2 GB.
    """
    facts = ("onnx", OPERATOR_SET, tuple(example.shape[1:]), str(example.dtype))
    key = fingerprint(module, *facts)

    def build(folder: Path) -> None:
        export(module, example, folder / "network.onnx")

    def read(folder: Path) -> bytes:
        return (folder / "network.onnx").read_bytes()

    try:
        return OnnxEngine(cached(key, build, read))
    except (RuntimeError, ValueError, NotImplementedError) as error:
        raise CannotConvert(reason(error)) from error


def export(module: nn.Module, example: Tensor, file: Path) -> None:
    """Write the module as an ONNX file that takes any number of `images`."""
    try:
        with torch.inference_mode():
            count = len(as_outputs(module(example)))
        names = ["found", *(f"found_{number}" for number in range(2, count + 1))]
        any_number: Any = {name: {0: "batch"} for name in ("images", *names)}
        with warnings.catch_warnings(), adaptive_pools_exported(), _graphs_unsaid():
            warnings.simplefilter("ignore")  # that tracing is deprecated, and what in a forward is constant
            torch.onnx.export(
                module,
                (example,),
                file,
                dynamo=False,  # the other exporter needs onnxscript, and a minute for a large network
                input_names=["images"],
                output_names=names,
                dynamic_axes=any_number,
                opset_version=OPERATOR_SET,
            )
    except Exception as error:  # the exporter raises whatever an operation raises
        raise CannotConvert(reason(error)) from error


@contextmanager
def _graphs_unsaid() -> Iterator[None]:
    """Torch prints a graph that it cannot export, thousands of characters, to standard output."""
    name = "_jit_onnx_log"
    said = getattr(torch._C, name, None)
    if said is None:
        yield
        return
    setattr(torch._C, name, lambda *_: None)
    try:
        yield
    finally:
        setattr(torch._C, name, said)
