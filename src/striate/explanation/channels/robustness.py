"""Small random shifts, scales and turns: a pattern that survives them is what a channel looks for.

Source: Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017,
section "Transformation Robustness"
"""

from dataclasses import dataclass
from math import cos, pi, sin

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Robustness:
    """Ranges of the random changes, all uniform.

    Attributes:
        shift: pixels, in both directions.
        scale: smallest and largest factor.
        degrees: of the turn, in both directions.
    """

    shift: float | int = 8.0
    scale: tuple[float, float] = (0.9, 1.1)
    degrees: float | int = 5.0


def move_a_little(
    pictures: Float[Tensor, "B C H W"], robustness: Robustness, generator: torch.Generator
) -> Float[Tensor, "B C H W"]:
    """All pictures shifted, scaled and turned by the same random amounts; mirrored beyond their edges.

    Gradients flow to the pictures.
    """
    height, width = pictures.shape[2:]
    to_scale, to_turn, to_x, to_y = (torch.rand(4, generator=generator) * 2 - 1).tolist()
    low, high = robustness.scale
    scale = (low + high) / 2 + to_scale * (high - low) / 2
    angle = to_turn * robustness.degrees * pi / 180
    # Where each pixel is read, in coordinates from -1 to 1; a turn is one of pixels, so sides weigh in.
    read_at = [
        [cos(angle) / scale, -sin(angle) / scale * height / width, to_x * robustness.shift * 2 / width],
        [sin(angle) / scale * width / height, cos(angle) / scale, to_y * robustness.shift * 2 / height],
    ]
    matrices = torch.tensor(read_at).expand(len(pictures), 2, 3)
    grid = F.affine_grid(matrices, list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
