"""Choose an engine for a network on this machine, and open it."""

from functools import cache
from importlib.util import find_spec

import torch
from torch import nn

from striate.engines.engine import Engine, EngineName, Precision
from striate.engines.errors import CannotConvert
from striate.engines.torch_engine import TorchEngine
from striate.errors import StriateError
from striate.events import Listener, Note, silent
from striate.machine.cpu import BF16_OF_X86, cpu

PRECISIONS = {"torch": ("fp32", "bf16"), "openvino": ("fp32", "bf16"), "onnxruntime": ("fp32",)}
PACKAGES = {"torch": ("torch",), "openvino": ("openvino",), "onnxruntime": ("onnxruntime", "onnx")}


def open_engine(
    module: nn.Module,
    size_chw: tuple[int, int, int],
    *,
    engine: EngineName = "auto",
    precision: Precision = "auto",
    eight_bit: bool = False,
    fall_back: bool = False,
    on_event: Listener = silent,
) -> Engine:
    """A network ready to run on this machine.

    Args:
        module: in eval mode; with a tensor, or a tuple of them, as its result.
        size_chw: channels, height and width of its images.
        engine: auto is OpenVINO on the CPU where it is installed, else torch.
        precision: auto is bf16 where engine and CPU are quick in it, else fp32.
        eight_bit: the module reads 8-bit pictures and normalises them itself.
        fall_back: a network that the engine cannot run stays with torch, as always with auto.
        on_event: is told of such a network.

    Raises:
        StriateError: the engine that was asked for is not installed, or cannot run this network.
    """
    if module.training:
        raise ValueError("an engine runs networks in eval mode; call module.eval() first")
    first = next(module.parameters(), None)
    on_cpu = first is None or first.device.type == "cpu"
    name = engine_for(on_cpu=on_cpu) if engine == "auto" else engine
    wanted = precision_for(name) if precision == "auto" else precision
    if name == "torch":
        return TorchEngine(module, wanted)
    require_installed(name)
    if wanted not in PRECISIONS[name]:
        raise StriateError(f"{name} computes in {' or '.join(PRECISIONS[name])} here, not in {wanted}.")
    if not on_cpu:
        raise StriateError(f"{name} runs on the CPU here; choose engine torch, or device cpu.")
    try:
        return _opened(module, size_chw, name, wanted, eight_bit=eight_bit)
    except CannotConvert as error:
        if engine != "auto" and not fall_back:
            raise StriateError(f"{name} cannot run this network ({error}); choose engine torch.") from error
        on_event(Note(f"{name} cannot run this network ({error}); torch does"))
        return TorchEngine(module)


def engine_for(*, on_cpu: bool = True) -> str:
    """What `auto` means here."""
    return "openvino" if on_cpu and is_installed("openvino") else "torch"


def precision_for(name: str) -> str:
    """What `auto` means for an engine on this CPU; torch keeps fp32, with which the others are compared."""
    return "bf16" if name == "openvino" and has_bf16() else "fp32"


@cache
def has_bf16() -> bool:
    """Whether the CPU multiplies bfloat16 itself."""
    return not BF16_OF_X86.isdisjoint(cpu().features)


def is_installed(name: str) -> bool:
    """Whether the package of an engine is there."""
    return all(find_spec(package) is not None for package in PACKAGES[name])


def require_installed(name: str) -> None:
    """Refuse an engine whose package is missing, naming what brings it."""
    if not is_installed(name):
        extra = "openvino" if name == "openvino" else '"striate[onnx]"'
        raise StriateError(f"engine {name} is not installed: pip install {extra}, or choose engine torch.")


def _opened(
    module: nn.Module, size_chw: tuple[int, int, int], name: str, precision: str, *, eight_bit: bool
) -> Engine:
    example = torch.zeros(2, *size_chw, dtype=torch.uint8 if eight_bit else torch.float32)
    if name == "openvino":
        from striate.engines.openvino_engine import open_openvino

        return open_openvino(module, example, precision)
    from striate.engines.onnx_engine import open_onnx

    return open_onnx(module, example)
