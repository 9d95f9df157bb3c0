"""Deconvnet: which pixels made a channel answer, by running the network backwards from its strongest answer.

Source: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, arXiv:1311.2901,
section 2.1: unpool to the places that the switches recorded, rectify, filter with the transposed kernels
Differs: where pooling windows overlap, what they send to one place is added up; response normalisation,
whose divisor is nearly the same everywhere, is passed by.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.grad import conv2d_input

from striate.errors import StriateError, UnknownName
from striate.explanation.channels.channel_response import require_channels
from striate.models.backbone import Map
from striate.models.surgery.untouched import frozen
from striate.shapes import Images

PASSED_BY = (nn.LocalResponseNorm, nn.Dropout, nn.Dropout2d, nn.Identity)
Backwards = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Projection:
    """One channel's strongest answer, brought back to the pixels.

    Attributes:
        channel: which.
        value: its strongest answer, rectified; 0 where the channel is silent, and then `pixels` is zero.
        cell: row and column of that answer in the channel's map.
        pixels: (C, H, W) in units of the network's input, positive where more of it would answer stronger.
        box: (x1, y1, x2, y2) in pixels, what the answer reads of the picture.
    """

    channel: int
    value: float
    cell: tuple[int, int]
    pixels: Float[Tensor, "C H W"]
    box: tuple[int, int, int, int]


def project_back(
    network: nn.Module, images: Images, layer: str, channels: list[int] | None = None
) -> list[Projection]:
    """Each channel's strongest answer to one picture as the pixels that made it.

    Args:
        network: up to `layer` one chain of convolutions, rectifiers and max pools.
        images: (1, C, H, W), normalised.
        layer: a convolution, rectifier or pool, as `striate inspect` names it.
        channels: None is the nine that answer strongest.

    Raises:
        StriateError: another kind of network, or no such layer or channel.
    """
    with frozen(network), torch.no_grad():
        maps, chain = _forwards(network, images, layer)
        peaks = maps[0].clamp(min=0).flatten(1).max(dim=1)
        if channels is None:
            channels = peaks.values.sort(descending=True, stable=True).indices[:9].tolist()
        require_channels(layer, channels, maps.shape[1])
        width = maps.shape[3]
        return [
            _projection(channel, float(peaks.values[channel]), divmod(int(peaks.indices[channel]), width),
                        maps, chain)
            for channel in channels
        ]  # fmt: skip


def _projection(
    channel: int, value: float, cell: tuple[int, int], maps: Map, chain: list[Backwards]
) -> Projection:
    signal = torch.zeros_like(maps)
    signal[0, channel, cell[0], cell[1]] = value
    for backwards in reversed(chain):
        signal = backwards(signal)
    rows, columns = (signal[0].abs().sum(dim=0) > 0).nonzero(as_tuple=True)
    box = (0, 0, 0, 0)
    if len(rows):
        box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    return Projection(channel, value, cell, signal[0].cpu(), box)


class _Reached(Exception):
    """The layer that was asked for has answered."""


def _forwards(network: nn.Module, images: Images, layer: str) -> tuple[Map, list[Backwards]]:
    """The layer's maps, and for every layer up to it how a signal goes back through it."""
    names = {module: name for name, module in network.named_modules() if not [*module.children()]}
    if layer not in names.values():
        maps = [n for m, n in names.items() if isinstance(m, nn.Conv2d | nn.ReLU | nn.MaxPool2d)]
        raise UnknownName("layer", layer, maps, f"A deconvnet starts at one of {', '.join(maps[:4])} ...")
    chain: list[Backwards] = []
    newest = [images]

    def note(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        if inputs[0] is not newest[0]:
            raise StriateError(_refusal(network, layer, f"before {names[module]} something else happens"))
        chain.append(_reverse(module, inputs[0], network, layer, names[module]))
        newest[0] = output
        if names[module] == layer:
            raise _Reached

    handles = [module.register_forward_hook(note) for module in names]
    try:
        network(images)
    except _Reached:
        return newest[0], chain
    finally:
        for handle in handles:
            handle.remove()
    raise StriateError(f"{layer} takes no part in an answer of this network; name another layer.")


def _reverse(module: nn.Module, source: Tensor, network: nn.Module, layer: str, name: str) -> Backwards:
    shape = source.shape
    if isinstance(module, nn.Conv2d) and isinstance(module.padding, tuple):
        convolution = module
        return lambda signal: conv2d_input(  # type: ignore[no-untyped-call]  # the transposed filters, at the input's size
            list(shape), convolution.weight, signal, convolution.stride, convolution.padding,
            convolution.dilation, convolution.groups,
        )  # fmt: skip
    if isinstance(module, nn.ReLU):
        return F.relu
    if isinstance(module, nn.MaxPool2d):
        _, switches = F.max_pool2d(
            source,
            module.kernel_size,
            module.stride,
            module.padding,
            module.dilation,
            module.ceil_mode,
            return_indices=True,
        )
        return lambda signal: _unpool(signal, switches, shape)
    if isinstance(module, PASSED_BY):
        return lambda signal: signal
    raise StriateError(_refusal(network, layer, f"{name} is a {type(module).__name__}"))


def _unpool(signal: Map, switches: Tensor, shape: torch.Size) -> Map:
    wide = torch.zeros(shape[0], shape[1], shape[2] * shape[3], dtype=signal.dtype)
    return wide.scatter_add_(2, switches.flatten(2), signal.flatten(2)).view(shape)


def _refusal(network: nn.Module, layer: str, reason: str) -> str:
    return (
        "a deconvnet runs a chain of convolutions, rectifiers and max pools backwards, such as vgg16, "
        f"alexnet, zfnet or lenet5; in {type(network).__name__} up to {layer} {reason}. "
        "Take --method guided-backprop."
    )
