"""Pooling written out, forward and backward: max, average, sum, L2 and centre-weighted.

Every channel is pooled by itself. All but the maximum are weighted sums over a window. Errors flow back the
way they came: the maximum's to the pixel that won, the others in proportion to what each pixel contributed.
"""

import math
from collections.abc import Sequence
from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor

from striate.lessons.convolution import each_axis, shifted
from striate.lessons.matrix_product import windows
from striate.lessons.padding import pad
from striate.ops.geometry import output_size

Sides = int | Sequence[int]


def max_pool(
    images: Float[Tensor, "B C *size"], kernel: Sides, stride: Sides | None = None, padding: Sides = 0
) -> Float[Tensor, "B C *out"]:
    """The largest value of every window; padding never wins. `stride` is the kernel's side unless given."""
    return _windows(images, kernel, stride, padding, border=-math.inf).amax(dim=_kernel_axes(images))


def average_pool(
    images: Float[Tensor, "B C *size"], kernel: Sides, stride: Sides | None = None, padding: Sides = 0
) -> Float[Tensor, "B C *out"]:
    """The mean of every window, zeros of the padding counted in."""
    return _windows(images, kernel, stride, padding).mean(dim=_kernel_axes(images))


def sum_pool(
    images: Float[Tensor, "B C *size"], kernel: Sides, stride: Sides | None = None, padding: Sides = 0
) -> Float[Tensor, "B C *out"]:
    """The sum of every window: for 2x2 four times the average."""
    return _windows(images, kernel, stride, padding).sum(dim=_kernel_axes(images))


def l2_pool(
    images: Float[Tensor, "B C *size"], kernel: Sides, stride: Sides | None = None, padding: Sides = 0
) -> Float[Tensor, "B C *out"]:
    """The root of the mean square of every window; torch's `lp_pool2d` does not divide by the area."""
    return _windows(images, kernel, stride, padding).square().mean(dim=_kernel_axes(images)).sqrt()


def centre_weighted_pool(
    images: Float[Tensor, "B C *size"], kernel: Sides, stride: Sides | None = None, padding: Sides = 0
) -> Float[Tensor, "B C *out"]:
    """A mean that trusts pixels near the window's centre more, see `centre_weights`."""
    weights = centre_weights(each_axis(kernel, images.ndim - 2)).to(images)
    return (_windows(images, kernel, stride, padding) * weights).sum(dim=_kernel_axes(images))


def centre_weights(kernel: Sequence[int]) -> Float[Tensor, "*kernel"]:
    """A Gaussian over the window with a standard deviation of a quarter of its side; its sum is 1."""
    weights = torch.ones(())
    for side in kernel:
        places = torch.arange(side) - (side - 1) / 2
        weights = weights[..., None] * torch.exp(-0.5 * (places / (side / 4)) ** 2)
    return weights / weights.sum()


def max_pool_gradient(
    images: Float[Tensor, "B C *size"],
    errors: Float[Tensor, "B C *out"],
    kernel: Sides,
    stride: Sides | None = None,
    padding: Sides = 0,
) -> Float[Tensor, "B C *size"]:
    """Every error goes to the pixel that won its window; of equals to the first in reading order."""
    axes = images.ndim - 2
    found = _windows(images, kernel, stride, padding, border=-math.inf)
    winner = found.flatten(2 + axes).argmax(dim=-1)
    cells = list(product(*(range(side) for side in each_axis(kernel, axes))))
    shares = {cell: (winner == number).to(errors.dtype) for number, cell in enumerate(cells)}
    return _sent_back(images, errors, shares, kernel, stride, padding)


def average_pool_gradient(
    images: Float[Tensor, "B C *size"],
    errors: Float[Tensor, "B C *out"],
    kernel: Sides,
    stride: Sides | None = None,
    padding: Sides = 0,
) -> Float[Tensor, "B C *size"]:
    """Every error is shared out evenly over its window."""
    sides = each_axis(kernel, images.ndim - 2)
    share = torch.full_like(errors, 1 / math.prod(sides))
    shares = dict.fromkeys(product(*(range(side) for side in sides)), share)
    return _sent_back(images, errors, shares, kernel, stride, padding)


def _windows(
    images: Tensor, kernel: Sides, stride: Sides | None, padding: Sides, border: float = 0.0
) -> Tensor:
    axes = images.ndim - 2
    padded = pad(images, each_axis(padding, axes), value=border)
    return windows(padded, each_axis(kernel, axes), kernel if stride is None else stride)


def _kernel_axes(images: Tensor) -> tuple[int, ...]:
    return tuple(range(images.ndim, 2 * images.ndim - 2))


def _sent_back(
    images: Tensor,
    errors: Tensor,
    shares: dict[tuple[int, ...], Tensor],
    kernel: Sides,
    stride: Sides | None,
    padding: Sides,
) -> Tensor:
    """Errors times each cell's share, added up where the cell had read."""
    axes = images.ndim - 2
    pixels, sides = each_axis(padding, axes), each_axis(kernel, axes)
    strides = each_axis(kernel if stride is None else stride, axes)
    out = [output_size(*numbers) for numbers in zip(images.shape[2:], sides, strides, pixels, strict=True)]
    padded = pad(torch.zeros_like(images), pixels)
    for cell, place in shifted(padded, sides, out, strides, (1,) * axes):
        place.add_(errors * shares[cell])  # a view: this writes into `padded`
    inside = (slice(added, added + size) for added, size in zip(pixels, images.shape[2:], strict=True))
    return padded[:, :, *inside]
