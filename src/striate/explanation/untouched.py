"""A network is looked at and left as it was: same mode, same weights, no hooks, no gradients."""

import contextlib
from collections.abc import Iterator

from torch import nn


@contextlib.contextmanager
def in_eval_mode(network: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; afterwards every module has the mode that it had, on an error too."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training  # not .train(): that would change the modules inside
