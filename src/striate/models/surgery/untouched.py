"""A network is looked at and left as it was: same mode, same weights, no hooks, no gradients."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


@contextmanager
def same_modes(network: nn.Module) -> Iterator[None]:
    """Every module has its own mode, training or evaluation, again afterwards, on an error too."""
    modes = [(module, module.training) for module in network.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training  # not .train(): that would change the modules inside


@contextmanager
def in_eval_mode(network: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; afterwards as it was."""
    with same_modes(network):
        network.eval()
        yield


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Evaluation mode and no gradients of the network's own inside; afterwards as it was."""
    learned = [(parameter, parameter.requires_grad) for parameter in network.parameters()]
    with in_eval_mode(network):
        network.requires_grad_(requires_grad=False)
        try:
            yield
        finally:
            for parameter, requires_grad in learned:
                parameter.requires_grad_(requires_grad)


@contextmanager
def every_call(
    network: nn.Module, enter: Callable[[str, nn.Module], None], leave: Callable[[Any], None]
) -> Iterator[None]:
    """While it is open, the call of a module inside begins with `enter` and ends with `leave`.

    Args:
        enter: gets the module's dotted name and the module.
        leave: gets what the module returns.
    """
    handles = []
    for path, module in network.named_modules():

        def before(module: nn.Module, _: Any, name: str = path) -> None:
            enter(name, module)

        def after(_: nn.Module, __: Any, outputs: Any) -> None:
            leave(outputs)

        handles += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
