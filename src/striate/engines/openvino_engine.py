"""OpenVINO: compiles a network for the CPU, in bfloat16 where the CPU multiplies it, or in 8-bit integers.

Its telemetry, which reports every import and conversion to Google Analytics and writes to `~/intel`, is off.
"""

import hashlib
import io
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.engines.compiled_cache import Stale, cached
from striate.engines.engine import Outputs, joined
from striate.engines.errors import CannotConvert, reason
from striate.engines.fingerprint import fingerprint
from striate.machine.cpu import cpu
from striate.shapes import Images, Pictures

TELEMETRY = "openvino_telemetry"
REPORTING = ("openvino.tools.ovc.telemetry_utils", "openvino.tools.ovc.convert_impl")
# Of what is no integer; without a hint OpenVINO takes bf16 where the CPU has it.
HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
BATCH = 8  # images at a time: their maps stay near the processor (measured: 8 % more images a second than 64)

_CONVERSIONS: ContextVar[dict[str, Any] | None] = ContextVar("conversions", default=None)


class OpenVinoEngine:
    """A network compiled for the CPU, with as many threads as torch uses."""

    name = "openvino"

    def __init__(self, compiled: Any, precision: str) -> None:
        self.precision = precision
        self._request = compiled.create_infer_request()
        self._outputs = len(compiled.outputs)
        self._turn = threading.Lock()  # a request holds one batch

    def run(self, images: Images | Pictures) -> Outputs:
        """As `Engine.run`."""
        if len(images) == 0:
            return tuple(one[:0] for one in self.run(images.new_zeros(1, *images.shape[1:])))
        return joined([self._some(part) for part in torch.split(images.cpu(), BATCH)])

    def _some(self, images: Tensor) -> Outputs:
        # NumPy brings pixels that are stored together into planes three times as fast as torch.
        given = import_openvino().Tensor(np.ascontiguousarray(images.numpy()), shared_memory=True)
        with self._turn:
            self._request.infer([given])
            found = [self._request.get_output_tensor(number).data for number in range(self._outputs)]
            return tuple(torch.from_numpy(one.copy()) for one in found)


def open_openvino(module: nn.Module, example: Tensor, precision: str) -> OpenVinoEngine:
    """The engine of a module in eval mode, converted now or read from the cache.

    Args:
        module: on the CPU.
        example: what it reads, two images; only shape and type matter.
        precision: "fp32" or "bf16".

    Raises:
        CannotConvert: OpenVINO lacks one of the network's operations.
    """
    given = (tuple(example.shape[1:]), str(example.dtype))
    key = fingerprint(module, *_facts(precision), *given)
    return _opened(key, lambda: _converted(module, example, fingerprint(module, *given)), precision)


def open_quantised(content: bytes) -> OpenVinoEngine:
    """The engine of an ONNX file from `quantise`, compiled now or read from the cache.

    Raises:
        CannotConvert: it is no such file.
    """
    key = hashlib.sha256(repr(_facts("int8")).encode() + content).hexdigest()
    return _opened(key, lambda: import_openvino().Core().read_model(io.BytesIO(content)), "int8")


def _opened(key: str | None, make: Callable[[], Any], precision: str) -> OpenVinoEngine:
    """The engine of what `make` makes, a model of OpenVINO; compiled now or read from the cache."""
    core, settings = import_openvino().Core(), _settings(precision)
    made: list[Any] = []

    def build(folder: Path) -> None:
        made.append(core.compile_model(make(), "CPU", settings))
        (folder / "network.blob").write_bytes(made[0].export_model().getvalue())

    def read(folder: Path) -> Any:
        if made:
            return made[0]
        try:
            return core.import_model(io.BytesIO((folder / "network.blob").read_bytes()), "CPU", settings)
        except RuntimeError as error:
            raise Stale from error

    try:
        return OpenVinoEngine(cached(key, build, read), precision)
    except RuntimeError as error:  # what OpenVINO raises where it cannot compile
        raise CannotConvert(reason(error)) from error


@contextmanager
def one_conversion() -> Iterator[None]:
    """Inside, a network that is opened in several precisions is converted once."""
    token = _CONVERSIONS.set({})
    try:
        yield
    finally:
        _CONVERSIONS.reset(token)


def _converted(module: nn.Module, example: Tensor, key: str | None) -> Any:
    kept = _CONVERSIONS.get()
    if kept is None or key is None:
        return convert(module, example)
    if key not in kept:
        kept[key] = convert(module, example)
    return kept[key]


def _settings(precision: str) -> dict[str, Any]:
    return {
        "INFERENCE_PRECISION_HINT": HINTS[precision],
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "PERFORMANCE_HINT": "LATENCY",  # one stream, which all threads share
    }


def _facts(precision: str) -> tuple[object, ...]:
    """What a compiled network depends on besides the network."""
    processor = cpu()
    return ("openvino", import_openvino().__version__, precision, processor.name, processor.features)


def convert(module: nn.Module, example: Tensor) -> Any:
    """The module as an OpenVINO model that takes any number of images."""
    openvino = import_openvino()
    shape = openvino.PartialShape([-1, *example.shape[1:]])
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # that tracing is deprecated, and what in a forward is constant
            traced = torch.jit.trace(module, example, check_trace=False)  # type: ignore[no-untyped-call]
            model = openvino.convert_model(traced, example_input=example, input=[shape])
    except Exception as error:  # tracing and conversion raise whatever an operation raises
        raise CannotConvert(reason(error)) from error
    return model


def import_openvino() -> Any:
    """The package, imported so that it reports nothing; where it has been imported before, silenced."""
    if "openvino" not in sys.modules and TELEMETRY not in sys.modules:
        sys.modules[TELEMETRY] = None  # type: ignore[assignment]  # cannot be imported: a stub steps in
    import openvino
    from openvino.tools.ovc import telemetry_stub

    for name in REPORTING:
        if name in sys.modules:
            sys.modules[name].tm = telemetry_stub  # type: ignore[attr-defined]
    return openvino
