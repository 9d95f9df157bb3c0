"""What can be seen of a picture without knowing what is on it: the light, the size, the sharpness."""

from typing import NamedTuple

import torch
from torch import Tensor

from striate.shapes import FittedPicture


class InputTraits(NamedTuple):
    """Of one picture, as it reached the network.

    Attributes:
        brightness: mean of all pixels and channels, 0 black to 1 white.
        size: the square root of height times width of the user's picture, in pixels.
        sharpness: mean amount by which a pixel of the input differs from the mean of its four neighbours,
            in [0, 1]. It falls with blur and rises with noise; only inputs of one size can be compared.
    """

    brightness: float
    size: float
    sharpness: float


def input_traits(picture: Tensor, fitted: FittedPicture, size_hw: tuple[int, int]) -> InputTraits:
    """The traits of a decoded picture.

    Args:
        picture: 8 bit, (C, H, W), as it was decoded.
        fitted: the same at the network's input size.
        size_hw: of the user's picture.
    """
    grey = fitted.float().mean(dim=0) / 255
    sharpness = 0.0
    if min(grey.shape) >= 3:
        around = (grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]) / 4
        sharpness = float((grey[1:-1, 1:-1] - around).abs().mean())
    brightness = float(picture.to(torch.float32).mean()) / 255
    return InputTraits(brightness, (size_hw[0] * size_hw[1]) ** 0.5, sharpness)
