"""Kernels that people wrote down before networks learned them, as cross-correlation applies them."""

import torch
from jaxtyping import Float
from torch import Tensor

KERNELS: dict[str, list[list[float]]] = {
    "vertical_edges": [[1, 0, -1], [1, 0, -1], [1, 0, -1]],  # light to dark answers positive
    "horizontal_edges": [[1, 1, 1], [0, 0, 0], [-1, -1, -1]],
    "sobel_x": [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
    "sobel_y": [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
    "blur": [[0.0625, 0.125, 0.0625], [0.125, 0.25, 0.125], [0.0625, 0.125, 0.0625]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
}


def kernel(name: str) -> Float[Tensor, "1 1 3 3"]:
    """A kernel of the table for one channel. The sign of an edge's answer tells its direction."""
    return torch.tensor(KERNELS[name], dtype=torch.float32)[None, None]
