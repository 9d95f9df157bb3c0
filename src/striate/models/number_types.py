"""In which numbers a network computes, and whether Python sees its layers at all."""

import copy

import torch
from torch import nn
from torch.jit import ScriptModule
from torch.jit._trace import TracedModule

from striate.errors import StriateError


def number_type(network: nn.Module) -> torch.dtype:
    """The type of the network's first weights, which its pictures have to have; float32 without weights."""
    tensors = (one for values in (network.parameters(), network.buffers()) for one in values)
    return next((one.dtype for one in tensors if one.is_floating_point()), torch.float32)


def in_float32(network: nn.Module) -> nn.Module:
    """The network itself where all of it is in float32, else a copy that is; the given one stays as it is."""
    tensors = (one for values in (network.parameters(), network.buffers()) for one in values)
    if all(one.dtype == torch.float32 for one in tensors if one.is_floating_point()):
        return network
    return copy.deepcopy(network).float()


def require_open(network: nn.Module, *, by_layers: bool = False) -> None:
    """Raises StriateError for TorchScript, which runs outside Python: no hook sees its layers.

    What `torch.jit.trace` has just made is seen from outside, so it is refused only where its layers count.
    """
    for name, module in network.named_modules():
        if isinstance(module, ScriptModule) and (by_layers or not isinstance(module, TracedModule)):
            what = f"its module {name}" if name else "the network"
            raise StriateError(
                f"{what} is TorchScript (torch.jit.script or torch.jit.load), whose layers cannot be looked "
                "at; give the nn.Module that it was made from, or an ONNX file of it to inspect."
            )
