"""What every convolution and pooling layer answers to one picture, channel by channel.

Source: Chollet, "Deep Learning with Python", Manning 2017, section 5.4.1
Differs: a convolution's maps are taken behind its normalisation and its activation function, wherever the
program calls them, as Keras draws a layer.
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from striate.errors import UnknownName
from striate.models.surgery.untouched import every_call, in_eval_mode
from striate.shapes import Images

Kind = Literal["convolution", "pool"]
POOLS = ("max_pool2d_with_indices", "max_pool2d", "avg_pool2d", "adaptive_max_pool2d", "_adaptive_avg_pool2d")
# What belongs to the layer before it when it reads nothing else: normalisation and activation functions.
FOLLOWERS = (
    *("native_batch_norm", "_native_batch_norm_legit_no_training", "_native_batch_norm_legit"),
    *("cudnn_batch_norm", "batch_norm", "relu", "hardtanh", "relu6", "leaky_relu", "elu", "silu", "gelu"),
    *("hardswish", "hardsigmoid", "sigmoid", "tanh", "clamp_min", "clamp"),
)


@dataclass(frozen=True, slots=True)
class LayerMaps:
    """One layer's answer to one picture.

    Attributes:
        name: as `striate inspect` names the layer.
        kind: convolution or pool.
        maps: (C, H, W), a map for each channel, on the CPU.
    """

    name: str
    kind: Kind
    maps: Float[Tensor, "C H W"]

    @property
    def strength(self) -> Float[Tensor, " C"]:
        """Mean absolute value of every channel."""
        return self.maps.abs().mean(dim=(1, 2))

    @property
    def order(self) -> Int64[Tensor, " C"]:
        """Channels, the strongest first; equal ones in their own order."""
        return torch.sort(self.strength, descending=True, stable=True).indices

    @property
    def silent(self) -> Bool[Tensor, " C"]:
        """Which channels are zero everywhere on this picture; dead is one that is so on every picture."""
        return (self.maps == 0).all(dim=2).all(dim=1)

    @property
    def zero_share(self) -> float:
        """Share of values that are exactly zero, in [0, 1]."""
        return float((self.maps == 0).double().mean())

    @property
    def rectified(self) -> bool:
        """Whether no value is below zero: only then a zero says that a channel is silent."""
        return bool((self.maps >= 0).all())


def activations_of(network: nn.Module, images: Images) -> list[LayerMaps]:
    """The maps of every convolution and pooling layer for one picture, in the order of the computation.

    The network is looked at in evaluation mode and left as it was. Convolutions of maps that have no
    positions (one cell, as in squeeze-and-excitation) are left out, as are global means.

    Args:
        network: any module that takes a batch of pictures.
        images: (1, C, H, W), normalised as the network wants it.
    """
    listener = _Listener()
    calls = every_call(network, listener.enter, listener.leave)
    with in_eval_mode(network), calls, torch.no_grad(), listener:
        network(images)
    return [
        LayerMaps(name, kind, maps[0].detach().float().cpu().clone()) for name, kind, maps in listener.layers
    ]


def layer_called(layers: list[LayerMaps], name: str) -> LayerMaps:
    """The layer of that name.

    Raises:
        UnknownName: there is none; the nearest names are offered.
    """
    for layer in layers:
        if layer.name == name:
            return layer
    known = [layer.name for layer in layers]
    first = ", ".join(known[:4]) + (f" ... {known[-1]}" if len(known) > 4 else "")
    raise UnknownName("convolution or pooling layer", name, known, f"There are {len(known)}: {first}.")


class _Listener(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every operation of a forward pass and keeps what convolutions and pools make of the picture."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.layers: list[tuple[str, Kind, Tensor]] = []
        self.newest: dict[int, int] = {}  # which layer a tensor is the latest form of
        self.places: list[tuple[str, bool]] = []  # open modules: name, and whether they have no children
        self.seen: dict[str, int] = {}

    def enter(self, name: str, module: nn.Module) -> None:
        """A module is called: what follows happens inside it."""
        is_leaf = next(module.children(), None) is None
        self.places.append((str(getattr(module, "anatomy_name", name)), is_leaf))

    def leave(self, _: Any) -> None:
        """The module of the last `enter` has returned."""
        self.places.pop()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = func._schema.name.split("::")[1]
        changes = func._schema.is_mutable and not name.startswith("_native_batch_norm")
        plain = name.rstrip("_") if changes else name
        source = args[0] if args and isinstance(args[0], Tensor) else None
        layer = self._layer_of(source)
        if changes and layer is not None and plain not in FOLLOWERS:
            before, kind, maps = self.layers[layer]
            self.layers[layer] = (before, kind, maps.clone())  # such as `maps += shortcut`
            del self.newest[id(source)]
        outputs = func(*args, **(kwargs or {}))
        made = outputs[0] if isinstance(outputs, (tuple, list)) and outputs else outputs
        if isinstance(made, Tensor) and made.dim() == 4 and source is not None:
            if plain == "convolution" and max(source.shape[2:]) > 1:
                self._add(self._name("convolution"), "convolution", made)
            elif plain in POOLS:
                self._add(self._name(plain), "pool", made)
            elif plain in FOLLOWERS and layer is not None:
                called, kind, _ = self.layers[layer]
                self.layers[layer] = (called, kind, made)
                self.newest[id(made)] = layer
        return outputs

    def _layer_of(self, source: Tensor | None) -> int | None:
        layer = self.newest.get(id(source))
        return layer if layer is not None and self.layers[layer][2] is source else None  # ids are used again

    def _add(self, name: str, kind: Kind, maps: Tensor) -> None:
        self.newest[id(maps)] = len(self.layers)
        self.layers.append((name, kind, maps))

    def _name(self, operation: str) -> str:
        """As `anatomy.trace` names layers: the module's, or the operation's inside a module."""
        place, is_leaf = self.places[-1] if self.places else ("", False)
        operation = operation.strip("_").removesuffix("_with_indices")
        name = place if is_leaf and place else f"{place}.{operation}".strip(".")
        self.seen[name] = self.seen.get(name, 0) + 1
        return name if self.seen[name] == 1 else f"{name}:{self.seen[name]}"
