"""Local contrast normalisation as layers without parameters; see `ops/contrast_norm.py`."""

from torch import Tensor, nn

from striate.ops.contrast_norm import divisive_norm, gaussian_window, subtractive_norm
from striate.shapes import Images


class SubtractiveNorm(nn.Module):
    """Takes the Gaussian mean of the surroundings, over all channels, away from every pixel."""

    def __init__(self, side: int = 9) -> None:
        super().__init__()
        self.side = side
        self.register_buffer("window", gaussian_window(side), persistent=False)
        self.window: Tensor

    def forward(self, maps: Images) -> Images:
        return subtractive_norm(maps, self.window)

    def extra_repr(self) -> str:
        """What `print(network)` shows."""
        return f"side={self.side}"


class LocalContrastNorm(SubtractiveNorm):
    """Subtractive, then divisive: light and flat parts of a picture then differ only in their contrast."""

    def forward(self, maps: Images) -> Images:
        return divisive_norm(subtractive_norm(maps, self.window), self.window)
