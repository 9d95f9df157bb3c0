"""Convolution written out, in one, two or three dimensions: shift, weigh, add.

Layers of networks compute the cross-correlation, sum_m I(i + m) K(m). The true convolution of mathematics,
sum_m I(i - m) K(m), turns the kernel by 180 degrees first. These functions are for reading and for checking;
networks use torch's, which are equal and faster.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from striate.errors import StriateError
from striate.lessons.padding import Border, pad
from striate.ops.geometry import effective_kernel, output_size

Padding = int | Sequence[int] | Literal["valid", "same", "full"]


def cross_correlation(
    images: Float[Tensor, "B C *size"],
    kernels: Float[Tensor, "K c *kernel"],
    bias: Float[Tensor, " K"] | None = None,
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    border: Border = "zeros",
) -> Float[Tensor, "B K *out"]:
    """One map a kernel: at every place the sum of the products of kernel and window.

    Args:
        images: (B, C, ...) with one, two or three spatial axes.
        kernels: (K, C / groups, ...); a kernel is as deep as the input of its group.
        bias: one number a kernel.
        stride: pixels from one window to the next, one number or one an axis.
        padding: pixels at both ends of each axis, or `valid` (none, the narrow form), `same` (size kept
            at stride 1; odd kernels only), `full` (all overlaps, the wide form).
        dilation: pixels from one cell of a kernel to the next.
        groups: channels and kernels are cut into so many parts, which do not see each other.
        border: what padding consists of.

    Raises:
        StriateError: kernel and input differ in depth or in the number of axes, or the kernel does not fit.
    """
    axes = images.ndim - 2
    strides, dilations = each_axis(stride, axes), each_axis(dilation, axes)
    require_same_depth(images.shape, kernels.shape, groups)
    pixels = padding_pixels(padding, kernels.shape[2:], dilations)
    padded = pad(images, pixels, border)
    out = [
        output_size(size, kernel, step, added, spread)
        for size, kernel, step, added, spread in zip(
            images.shape[2:], kernels.shape[2:], strides, pixels, dilations, strict=True
        )
    ]
    maps = []
    for part, own in zip(padded.chunk(groups, dim=1), kernels.chunk(groups, dim=0), strict=True):
        total = images.new_zeros(images.shape[0], own.shape[0], *out)
        for cell, window in shifted(part, kernels.shape[2:], out, strides, dilations):
            at: tuple[int | slice, ...] = (slice(None), slice(None), *cell)  # (K / groups, C / groups)
            total = total + torch.einsum("bc...,kc->bk...", window, own[at])
        maps.append(total)
    result = torch.cat(maps, dim=1)
    return result if bias is None else result + bias.view(1, -1, *[1] * axes)


def true_convolution(
    images: Float[Tensor, "B C *size"],
    kernels: Float[Tensor, "K c *kernel"],
    bias: Float[Tensor, " K"] | None = None,
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    border: Border = "zeros",
) -> Float[Tensor, "B K *out"]:
    """As `cross_correlation`, with every kernel turned by 180 degrees first."""
    return cross_correlation(
        images,
        turned(kernels),
        bias,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        border=border,
    )


def turned(kernels: Float[Tensor, "K c *kernel"]) -> Float[Tensor, "K c *kernel"]:
    """Kernels turned by 180 degrees: every spatial axis is reversed."""
    return kernels.flip(dims=tuple(range(2, kernels.ndim)))


def shifted(
    padded: Float[Tensor, "B C *padded"],
    kernel: Sequence[int],
    out: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> Iterator[tuple[tuple[int, ...], Tensor]]:
    """For every cell of the kernel: the cell, and what it reads in all windows, (B, C, *out), as a view.

    Row r of the output reads row r * stride + cell * dilation of the padded input.
    """
    for cell in product(*(range(side) for side in kernel)):
        starts = [place * spread for place, spread in zip(cell, dilations, strict=True)]
        reads = tuple(
            slice(start, start + (count - 1) * step + 1, step)
            for start, count, step in zip(starts, out, strides, strict=True)
        )
        yield cell, padded[:, :, *reads]


def each_axis(value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """The same number for every axis, or the numbers as given."""
    values = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(values) != axes:
        raise StriateError(f"{len(values)} numbers for {axes} axes; give one number, or one an axis.")
    return values


def padding_pixels(padding: Padding, kernel: Sequence[int], dilations: Sequence[int]) -> tuple[int, ...]:
    """Pixels at both ends of each axis."""
    spans = [effective_kernel(side, spread) for side, spread in zip(kernel, dilations, strict=True)]
    if not isinstance(padding, str):
        return each_axis(padding, len(spans))
    if padding == "same" and any(span % 2 == 0 for span in spans):
        raise StriateError("padding 'same' needs a kernel that spans an odd number of pixels.")
    if padding == "valid":
        return (0,) * len(spans)
    return tuple(span // 2 if padding == "same" else span - 1 for span in spans)


def require_same_depth(images: torch.Size, kernels: torch.Size, groups: int) -> None:
    """Refuse kernels that cannot slide over these images.

    Raises:
        StriateError: depth, number of axes, or the number of groups does not fit.
    """
    if len(images) != len(kernels) or len(images) < 3:
        raise StriateError(
            f"images of {len(images) - 2} axes and kernels of {len(kernels) - 2} axes do not fit; "
            "both are (batch or kernels, channels, axes...)."
        )
    channels, depth, count = images[1], kernels[1], kernels[0]
    if groups < 1 or channels % groups or count % groups:
        raise StriateError(
            f"{channels} channels and {count} kernels cannot be cut into {groups} groups; "
            "both must be multiples of the number of groups."
        )
    if channels != depth * groups:
        raise StriateError(
            f"kernels of depth {depth} do not fit an input of depth {channels} in {groups} group(s); "
            f"their depth must be {channels // groups}."
        )
