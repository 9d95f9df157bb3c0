"""The trunk of a network as a training starts with it, and the engine that runs it; made once a training."""

import hashlib
from functools import cached_property

from torch import Tensor, nn

from striate.engines.engine import Engine
from striate.engines.opening import open_engine
from striate.events import Listener
from striate.models.surgery.trunk import Trunk
from striate.ops.logistic_regression import Probe


class FrozenTrunk:
    """Copied from `network` when it is asked for the first time; until then the network must not learn.

    Attributes:
        known: features that it gave before, by the name of their entry in the cache.
        probes: linear heads that were fitted to these, by what they learned from.
    """

    def __init__(self, network: nn.Module, size_chw: tuple[int, int, int], on_event: Listener) -> None:
        self.known: dict[str, Tensor] = {}
        self.probes: dict[tuple[object, ...], Probe] = {}
        self._network = network
        self._size_chw = size_chw
        self._on_event = on_event

    @cached_property
    def engine(self) -> Engine:
        """What computes features of normalised pictures."""
        return open_engine(self._module, self._size_chw, on_event=self._on_event)

    @cached_property
    def digest(self) -> str:
        """Of all its weights and statistics, whatever their layout in memory."""
        whole = hashlib.sha256(repr(self._module).encode())
        for name, tensor in self._module.state_dict().items():
            whole.update(name.encode())
            whole.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return whole.hexdigest()

    @cached_property
    def _module(self) -> Trunk:
        return Trunk(self._network)
