"""The maps of one convolution, behind its batch normalisation, without running what comes after it."""

from collections.abc import Sequence
from typing import Any, NoReturn

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.errors import StriateError, UnknownName
from striate.shapes import Images

NORMS = (nn.BatchNorm2d, nn.GroupNorm, nn.InstanceNorm2d)


class _Reached(Exception):
    """Carries the maps out of a forward pass."""

    def __init__(self, maps: Tensor) -> None:
        super().__init__()
        self.maps = maps


def convolutions_of(network: nn.Module) -> list[str]:
    """Names of all convolutions, in the order in which the network holds them."""
    return [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d)]


def require_convolution(network: nn.Module, layer: str) -> nn.Conv2d:
    """The convolution of that name.

    Raises:
        UnknownName: there is none.
    """
    convolution = dict(network.named_modules()).get(layer)
    if isinstance(convolution, nn.Conv2d):
        return convolution
    known = convolutions_of(network)
    listing = f"It has {len(known)}, such as {', '.join(known[:3])}; `striate inspect` lists them."
    raise UnknownName("convolution", layer, known, listing)


def response_module(network: nn.Module, layer: str, images: Images) -> nn.Module:
    """The module whose output is the response of the convolution `layer`: its normalisation, else itself.

    Args:
        images: something that the network can read; its values do not matter.

    Raises:
        UnknownName: no convolution has that name.
        StriateError: the network does not use it for such pictures.
    """
    convolution = require_convolution(network, layer)
    found: list[nn.Module] = []
    made: list[Tensor] = []

    def after_convolution(_: nn.Module, __: Any, output: Tensor) -> None:
        found.append(convolution)
        made.append(output)

    def before_norm(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if made and inputs and inputs[0] is made[-1]:
            found.append(module)

    norms = [module for module in network.modules() if isinstance(module, NORMS)]
    handles = [convolution.register_forward_hook(after_convolution)]
    handles += [module.register_forward_pre_hook(before_norm) for module in norms]
    try:
        with torch.no_grad():
            network(images)
    finally:
        for handle in handles:
            handle.remove()
    if not found:
        raise StriateError(f"{layer} takes no part in an answer of this network; name another convolution.")
    return found[-1]


def maps_at(network: nn.Module, module: nn.Module, images: Images) -> Float[Tensor, "B _ _ _"]:
    """What `module`, a part of the network, puts out for pictures; what comes after it does not run.

    Gradients flow if they are on.
    """

    def stop(_: nn.Module, __: Any, output: Tensor) -> NoReturn:
        raise _Reached(output)

    handle = module.register_forward_hook(stop)
    try:
        network(images)
    except _Reached as reached:
        return reached.maps
    finally:
        handle.remove()
    raise StriateError(f"{type(module).__name__} takes no part in an answer of this network.")


def require_channels(layer: str, channels: Sequence[int], known: int) -> None:
    """Refuse numbers of channels that a layer does not have."""
    for channel in channels:
        if not 0 <= channel < known:
            raise StriateError(f"{layer} has no channel {channel}; its channels are 0 to {known - 1}.")
