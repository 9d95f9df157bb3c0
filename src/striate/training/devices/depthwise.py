"""Depthwise convolutions whose backward pass is quick in bfloat16 on a CPU.

oneDNN has no quick way, in bfloat16, to the gradients of strided depthwise convolutions, nor to those of
kernels beyond 3x3: half of a step of EfficientNet-Lite0 went there. The same sums are taken another way: the
input's gradient as a convolution with the turned kernel, with zeros between the output's gradients where the
stride left places out (9 to 50 times as fast), and a large kernel's gradient in 32 bits (4 to 5 times).
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

LARGE = 3  # kernels beyond this side get their gradient in 32 bits

Pair = tuple[int, int]


class DepthwiseConvolution(torch.autograd.Function):
    """`conv2d` with as many groups as input and output channels, and its quick backward pass.

    Takes x (B, C, H, W), weight (C, 1, h, w), bias (C,) or None, stride, padding and dilation, (down, along)
    each. The padding must not exceed dilation * (kernel - 1).
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        stride: Pair,
        padding: Pair,
        dilation: Pair,
    ) -> Tensor:
        """(B, C, H', W')."""
        ctx.save_for_backward(x, weight)
        ctx.places = stride, padding, dilation
        return F.conv2d(x, weight, bias, stride, padding, dilation, len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients of x, weight and bias."""
        x, weight = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        of_x = input_gradient(grad, weight, (x.shape[2], x.shape[3]), *ctx.places) if wanted[0] else None
        of_weight = _weight_gradient(grad, x, weight, *ctx.places) if wanted[1] else None
        of_bias = grad.sum((0, 2, 3)) if wanted[2] else None
        return of_x, of_weight, of_bias, None, None, None


def input_gradient(
    grad: Tensor, weight: Tensor, size_hw: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> Tensor:
    """The full convolution of the output's gradients (B, C, H', W') with the kernel turned by 180 degrees."""
    reach = [d * (side - 1) for d, side in zip(dilation, weight.shape[2:], strict=True)]
    if stride != (1, 1):
        # Zeros stand where the stride left places out, also behind the last place.
        size = [side + 2 * p - r for side, p, r in zip(size_hw, padding, reach, strict=True)]
        spread = grad.new_zeros((*grad.shape[:2], *size)).contiguous(memory_format=torch.channels_last)
        spread[:, :, :: stride[0], :: stride[1]] = grad
        grad = spread
    around = [r - p for r, p in zip(reach, padding, strict=True)]
    return F.conv2d(grad, weight.flip(2, 3), None, 1, around, dilation, len(weight))


def _weight_gradient(
    grad: Tensor, x: Tensor, weight: Tensor, stride: Pair, padding: Pair, dilation: Pair
) -> Tensor:
    if grad.dtype == torch.bfloat16 and max(weight.shape[2:]) > LARGE:
        grad, x, weight = grad.float(), x.float(), weight.float()
    found: Tensor = torch.ops.aten.convolution_backward(
        *(grad, x, weight, None, stride, padding, dilation), False, (0, 0), len(weight), (False, True, False)
    )[1]
    return found


class QuickDepthwise(TorchFunctionMode):
    """While it is entered, depthwise `conv2d` that computes in bfloat16 on the CPU gets the quick backward.

    Everything else is as it was. Results are those of torch up to rounding.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """One call of torch's."""
        if func is F.conv2d and args:
            call = _depthwise_call(*args, **(kwargs or {}))
            if call is not None:
                return DepthwiseConvolution.apply(*call)
        return func(*args, **(kwargs or {}))


def _depthwise_call(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> tuple[Tensor, Tensor, Tensor | None, Pair, Pair, Pair] | None:
    """What `DepthwiseConvolution` takes, as autocast would cast it; None where it is not for this call."""
    if not (1 < groups == len(weight) == x.shape[-3]) or x.dim() != 4 or isinstance(padding, str):
        return None
    if x.device.type != "cpu" or not torch.is_grad_enabled():
        return None
    cast = torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
    if not cast and x.dtype != torch.bfloat16:
        return None
    places = _pair(stride), _pair(padding), _pair(dilation)
    if any(p > d * (side - 1) for p, d, side in zip(*places[1:], weight.shape[2:], strict=True)):
        return None
    half = torch.bfloat16
    return x.to(half), weight.to(half), None if bias is None else bias.to(half), *places


def _pair(value: int | Sequence[int]) -> Pair:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])
