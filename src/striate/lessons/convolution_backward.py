"""The backward pass of a convolution, which is again a convolution.

The error of the input is the full cross-correlation of the output's error with the kernels turned by 180
degrees; the error of a kernel is the input slid over by the output's error. Turning the kernel and then using
an operation that flips it once more would undo the turn.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from striate.lessons.convolution import (
    Padding,
    cross_correlation,
    each_axis,
    padding_pixels,
    require_same_depth,
    turned,
)
from striate.lessons.padding import pad
from striate.ops.geometry import effective_kernel


class Gradients(NamedTuple):
    """Of the loss, with respect to what a convolution read."""

    images: Float[Tensor, "B C *size"]
    kernels: Float[Tensor, "K c *kernel"]
    bias: Float[Tensor, " K"]


def convolution_gradients(
    images: Float[Tensor, "B C *size"],
    kernels: Float[Tensor, "K c *kernel"],
    errors: Float[Tensor, "B K *out"],
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Gradients:
    """What `cross_correlation` (zero padding) sends back when its output has these errors.

    Args:
        images: as in the forward pass.
        kernels: as in the forward pass, not turned.
        errors: gradient of the loss with respect to the output.
        stride, padding, dilation, groups: as in the forward pass.
    """
    axes = images.ndim - 2
    require_same_depth(images.shape, kernels.shape, groups)
    strides, dilations = each_axis(stride, axes), each_axis(dilation, axes)
    pixels = padding_pixels(padding, kernels.shape[2:], dilations)
    read = pad(images, pixels)
    parts = list(
        zip(read.chunk(groups, dim=1), kernels.chunk(groups, dim=0), errors.chunk(groups, dim=1), strict=True)
    )
    to_images = torch.cat([_to_input(part, own, error, strides, dilations) for part, own, error in parts], 1)
    to_kernels = torch.cat([_to_kernels(part, own, error, strides, dilations) for part, own, error in parts])
    inside = tuple(slice(added, added + size) for added, size in zip(pixels, images.shape[2:], strict=True))
    return Gradients(to_images[:, :, *inside], to_kernels, errors.sum(dim=(0, *range(2, axes + 2))))


def _to_input(
    read: Tensor, kernels: Tensor, errors: Tensor, strides: Sequence[int], dilations: Sequence[int]
) -> Tensor:
    """Full convolution of the errors, set apart by the stride, with the turned kernels of swapped depth."""
    apart = set_apart(errors, strides)
    reach = [effective_kernel(side, d) - 1 for side, d in zip(kernels.shape[2:], dilations, strict=True)]
    back = cross_correlation(apart, turned(kernels).transpose(0, 1), padding=reach, dilation=dilations)
    result = torch.zeros_like(read)  # what no window read gets no error
    result[:, :, *(slice(0, side) for side in back.shape[2:])] = back
    return result


def _to_kernels(
    read: Tensor, kernels: Tensor, errors: Tensor, strides: Sequence[int], dilations: Sequence[int]
) -> Tensor:
    """The input slid over by the errors; pictures take the place of channels, stride that of dilation."""
    found = cross_correlation(
        read.transpose(0, 1), errors.transpose(0, 1), stride=dilations, dilation=strides
    ).transpose(0, 1)
    return found[:, :, *(slice(0, side) for side in kernels.shape[2:])]


def set_apart(maps: Float[Tensor, "B C *size"], strides: Sequence[int]) -> Float[Tensor, "B C *apart"]:
    """Maps with stride - 1 zeros between neighbours."""
    sides = [(side - 1) * step + 1 for side, step in zip(maps.shape[2:], strides, strict=True)]
    result = maps.new_zeros(*maps.shape[:2], *sides)
    result[:, :, *(slice(None, None, step) for step in strides)] = maps
    return result
