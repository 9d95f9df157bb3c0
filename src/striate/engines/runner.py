"""A network that answers for 8-bit pictures through an engine, which is opened when it is first asked."""

import threading

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from striate.engines.choosing import Choice, usable_here
from striate.engines.engine import Engine, Outputs
from striate.engines.normalised import NormalisedModule
from striate.engines.opening import open_engine
from striate.events import Listener, silent
from striate.preprocess.preprocessing import Preprocessing
from striate.shapes import Pictures

SMALLEST = 20_000_000  # multiply-adds a picture below which converting costs more than it brings


class EngineRunner:
    """`module` of normalised pictures, by the engine of `choice` or what of it this machine has.

    Nothing is converted before the first picture, so who only looks at the module pays nothing. A module on
    a GPU is torch's; so is one that the engine cannot run, unless the engine is `required`. In int8 the
    network is what `quantise` made of it.
    """

    def __init__(
        self,
        module: nn.Module,
        preprocessing: Preprocessing,
        choice: Choice,
        on_event: Listener = silent,
        *,
        required: bool = False,
        quantised: bytes | None = None,
    ) -> None:
        self.choice = choice
        self._quantised = quantised
        self._required = required
        self._module = NormalisedModule(module, preprocessing)
        self._on_event = on_event
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    @property
    def opened(self) -> Engine:
        """The engine that serves, opened now if it was not yet."""
        with self._opening:
            if self._engine is None:
                self._engine = self._open()
            return self._engine

    def run(self, pictures: Pictures) -> Outputs:
        """The network's float32 outputs of 8-bit pictures (B, C, H, W) at its size."""
        return self.opened.run(pictures)

    def _open(self) -> Engine:
        specification = self._module.preprocessing
        size_chw = (specification.channels, *specification.size_hw)
        first = next(self._module.parameters(), None)
        on_cpu = first is None or first.device.type == "cpu"
        found = usable_here(self.choice, self._on_event) if on_cpu else Choice()
        if found.precision == "int8" and self._quantised is not None:
            from striate.engines.openvino_engine import open_quantised

            return open_quantised(self._quantised)
        return open_engine(
            self._module,
            size_chw,
            engine=found.engine,
            precision=found.precision,
            eight_bit=True,
            fall_back=not self._required,
            on_event=self._on_event,
        )


def multiply_adds(module: nn.Module, size_chw: tuple[int, int, int]) -> int:
    """Of convolutions and dense layers, for one picture; runs the module once.

    `striate inspect` counts every operation; this is only to tell small networks from large ones, quickly.
    """
    total = 0

    def count(layer: nn.Module, _: object, output: Tensor) -> None:
        nonlocal total
        weight = layer.weight
        assert isinstance(weight, Tensor)
        total += weight.numel() * (output[0].numel() // weight.shape[0])

    handles: list[RemovableHandle] = [
        layer.register_forward_hook(count)
        for layer in module.modules()
        if isinstance(layer, (nn.Conv2d, nn.Linear))
    ]
    first = next(module.parameters(), torch.zeros(()))
    try:
        with torch.inference_mode():
            module(torch.zeros(1, *size_chw, device=first.device))
    finally:
        for handle in handles:
            handle.remove()
    return total


def is_worth_converting(module: nn.Module, size_chw: tuple[int, int, int]) -> bool:
    """Whether an engine is quicker than torch for some hundred pictures, its conversion included.

    Converting takes about two seconds, torch computes some 20 thousand million multiply-adds a second and
    OpenVINO several times that: 20 million a picture are regained with 2,000 pictures, larger ones sooner.
    """
    return multiply_adds(module, size_chw) >= SMALLEST
