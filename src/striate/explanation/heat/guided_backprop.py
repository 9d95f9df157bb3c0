"""Guided backpropagation: gradients that pass a rectifier only where they and the unit's value are positive.

Source: Springenberg et al., "Striving for Simplicity: The All Convolutional Net", arXiv:1412.6806, section
3.4 and figure 1. It draws edges beautifully and hardly depends on the class (Adebayo et al.,
arXiv:1810.03292): run it with --sanity before you believe it.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from striate.errors import StriateError
from striate.explanation.heat.gradients import picture_gradients
from striate.explanation.heat.question import Heat, Question

RECTIFIERS = (F.relu, F.relu_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_)


class _Guided(torch.autograd.Function):
    """max(0, min(x, ceiling)), whose gradient is let through only where it is positive itself."""

    @staticmethod
    def forward(context: Any, values: Tensor, ceiling: float) -> Tensor:
        context.save_for_backward((values > 0) & (values < ceiling))
        return values.clamp(0, ceiling)

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        (open_,) = context.saved_tensors
        return gradients[0].clamp(min=0) * open_, None


class _GuidedRectifiers(TorchFunctionMode):
    """Inside, every call of a rectifier is the guided one, however the network writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        values = args[0] if args else given.get("input")
        ceiling = float("inf") if function in RECTIFIERS else None
        if function is F.hardtanh and given.get("min_val") == 0:  # ReLU6
            ceiling = float(given["max_val"])
        if ceiling is None:
            return function(*args, **given)
        self.seen += 1
        return _Guided.apply(values, ceiling)


def guided_backprop(question: Question) -> Heat:
    """The size of the guided gradient, summed over a pixel's channels.

    Raises:
        StriateError: the network has no rectifier to guide the gradient at.
    """
    parts = []
    for start in range(0, len(question.images), question.batch):
        images = question.images[start : start + question.batch]
        with _GuidedRectifiers() as mode:
            gradients = picture_gradients(question, images, start)
        if not mode.seen:
            raise StriateError(
                f"guided-backprop changes how gradients pass ReLU, and {type(question.network).__name__} has "
                "none; take --method smoothgrad or integrated-gradients."
            )
        parts.append(gradients.abs().sum(dim=1))
    return Heat(torch.cat(parts), {})
