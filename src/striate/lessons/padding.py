"""What stands beyond the border of a picture."""

from collections.abc import Sequence
from itertools import chain
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from striate.errors import StriateError

Border = Literal["zeros", "mirror", "replicate", "circular"]


def pad(
    images: Float[Tensor, "B C *size"], padding: Sequence[int], border: Border = "zeros", value: float = 0.0
) -> Float[Tensor, "B C *padded"]:
    """Images with `padding[i]` pixels more at both ends of spatial axis i.

    Args:
        images: (B, C, ...), any number of spatial axes.
        padding: pixels, one number a spatial axis.
        border: `zeros` (or another constant `value`); `mirror`, which does not repeat the edge: 3 2 | 1 2 3;
            `replicate`, which does: 1 1 | 1 2 3; `circular`: 2 3 | 1 2 3.

    Raises:
        StriateError: more is asked for than the picture can be mirrored or repeated.
    """
    for axis, pixels in enumerate(padding, start=2):
        if pixels == 0:
            continue
        if border == "zeros":
            shape = list(images.shape)
            shape[axis] = pixels
            edge = images.new_full(shape, value)
            images = torch.cat([edge, images, edge], dim=axis)
        else:
            places = torch.tensor(_places(images.shape[axis], pixels, border), device=images.device)
            images = images.index_select(axis, places)
    return images


def _places(size: int, pixels: int, border: Border) -> list[int]:
    """Which pixel of the axis each pixel of the padded axis repeats."""
    most = {"mirror": size - 1, "circular": size}.get(border, pixels)
    if pixels > most:
        raise StriateError(
            f"{border} padding by {pixels} of {size} pixels is not possible; the most is {most}."
        )
    inside = range(size)
    if border == "mirror":
        return list(chain(range(pixels, 0, -1), inside, range(size - 2, size - 2 - pixels, -1)))
    if border == "circular":
        return list(chain(range(size - pixels, size), inside, range(pixels)))
    return [0] * pixels + list(inside) + [size - 1] * pixels
