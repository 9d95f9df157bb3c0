"""Convolution as a matrix product: every window becomes a column, every kernel a row (im2col)."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from striate.lessons.convolution import Padding, each_axis, padding_pixels, require_same_depth
from striate.lessons.padding import pad
from striate.ops.geometry import effective_kernel, output_size


def windows(
    padded: Float[Tensor, "B C *padded"],
    kernel: Sequence[int],
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """All windows as a view: (B, C, *out, *kernel), nothing is copied."""
    axes = padded.ndim - 2
    strides, dilations = each_axis(stride, axes), each_axis(dilation, axes)
    view: Tensor = padded
    for axis in range(axes):
        view = view.unfold(axis + 2, effective_kernel(kernel[axis], dilations[axis]), strides[axis])
    # Of the last axes, which the kernel's span makes, only every dilation-th pixel is read.
    reads: tuple[slice, ...] = tuple(slice(None, None, spread) for spread in dilations)
    return view[(slice(None),) * (view.ndim - axes) + reads]


def columns(
    images: Float[Tensor, "B C *size"],
    kernel: Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
) -> Float[Tensor, "B cells places"]:
    """One column a window: (B, C * cells of the kernel, windows), channels outermost as in a kernel's row."""
    axes = images.ndim - 2
    pixels = padding_pixels(padding, kernel, each_axis(dilation, axes))
    found = windows(pad(images, pixels), kernel, stride, dilation)
    cells_first = found.permute(0, 1, *range(axes + 2, 2 * axes + 2), *range(2, axes + 2))
    places = found.shape[2 : axes + 2].numel()
    return cells_first.reshape(images.shape[0], -1, places)


def convolution_by_product(
    images: Float[Tensor, "B C *size"],
    kernels: Float[Tensor, "K C *kernel"],
    bias: Float[Tensor, " K"] | None = None,
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
) -> Float[Tensor, "B K *out"]:
    """As `cross_correlation` with one group, by a product (K, cells) @ (cells, windows) a picture."""
    axes = images.ndim - 2
    require_same_depth(images.shape, kernels.shape, groups=1)
    product = kernels.flatten(1) @ columns(images, kernels.shape[2:], stride, padding, dilation)
    strides, dilations = each_axis(stride, axes), each_axis(dilation, axes)
    pixels = padding_pixels(padding, kernels.shape[2:], dilations)
    out = [
        output_size(size, side, step, added, spread)
        for size, side, step, added, spread in zip(
            images.shape[2:], kernels.shape[2:], strides, pixels, dilations, strict=True
        )
    ]
    maps = product.view(images.shape[0], kernels.shape[0], *out)
    return maps if bias is None else maps + bias.view(1, -1, *[1] * axes)
