"""OpenVINO: compiles a network for the CPU, in bfloat16 where the CPU multiplies it.

Its telemetry, which reports every import and conversion to Google Analytics and writes to `~/intel`, is off.
"""

import sys
import warnings
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.engines.compiled_cache import cached
from striate.engines.fingerprint import fingerprint
from striate.shapes import Images, Pictures

TELEMETRY = "openvino_telemetry"
REPORTING = ("openvino.tools.ovc.telemetry_utils", "openvino.tools.ovc.convert_impl")
HINTS = {"fp32": "f32", "bf16": "bf16"}


class CannotConvert(Exception):
    """An engine has no form of this network; torch runs it."""


class OpenVinoEngine:
    """A network compiled for the CPU, with as many threads as torch uses."""

    name = "openvino"

    def __init__(self, model: Any, precision: str) -> None:
        self.precision = precision
        settings = {
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "PERFORMANCE_HINT": "LATENCY",
        }
        self._compiled = import_openvino().Core().compile_model(model, "CPU", settings)
        self._request = self._compiled.create_infer_request()

    def run(self, images: Images | Pictures) -> Float[Tensor, "B ..."]:
        """As `Engine.run`."""
        if len(images) == 0:
            return self.run(images.new_zeros(1, *images.shape[1:]))[:0]
        given = import_openvino().Tensor(images.cpu().contiguous().numpy(), shared_memory=True)
        self._request.infer([given])
        found: Tensor = torch.from_numpy(self._request.get_output_tensor(0).data.copy())
        return found


def open_openvino(module: nn.Module, example: Tensor, precision: str) -> OpenVinoEngine:
    """The engine of a module in eval mode, converted now or read from the cache.

    Args:
        module: on the CPU.
        example: what it reads, two images; only shape and type matter.
        precision: "fp32" or "bf16".

    Raises:
        CannotConvert: OpenVINO lacks one of the network's operations.
    """
    openvino = import_openvino()
    key = fingerprint(module, "openvino", openvino.__version__, tuple(example.shape[1:]), str(example.dtype))

    def build(folder: Any) -> None:
        openvino.save_model(convert(module, example), folder / "network.xml", compress_to_fp16=False)

    def read(folder: Any) -> Any:
        return openvino.Core().read_model(folder / "network.xml")

    try:
        model = cached(key, build, read) if key is not None else convert(module, example)
        return OpenVinoEngine(model, precision)
    except RuntimeError as error:  # what OpenVINO raises where it cannot compile
        raise CannotConvert(_first_line(error)) from error


def convert(module: nn.Module, example: Tensor) -> Any:
    """The module as an OpenVINO model that takes any number of images."""
    openvino = import_openvino()
    shape = openvino.PartialShape([-1, *example.shape[1:]])
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # that tracing is deprecated, and what in a forward is constant
            traced = torch.jit.trace(module, example, check_trace=False)
            model = openvino.convert_model(traced, example_input=example, input=[shape])
    except Exception as error:  # noqa: BLE001  # tracing and conversion raise whatever an operation raises
        raise CannotConvert(_first_line(error)) from error
    return model


def import_openvino() -> Any:
    """The package, imported so that it reports nothing; where it has been imported before, silenced."""
    if "openvino" not in sys.modules:
        sys.modules.setdefault(TELEMETRY, None)  # type: ignore[arg-type]  # its import now fails; a stub steps in
    import openvino
    from openvino.tools.ovc import telemetry_stub

    for name in REPORTING:
        if name in sys.modules:
            sys.modules[name].tm = telemetry_stub  # type: ignore[attr-defined]
    return openvino


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
