"""Pools that torch lacks; written out in `lessons/pooling.py`."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from striate.lessons.pooling import centre_weights


class L2Pool2d(nn.Module):
    """The root of the mean square of every window (torch's `LPPool2d` leaves out the division)."""

    def __init__(self, kernel_size: int, stride: int | None = None) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride or kernel_size

    def forward(self, maps: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C h w"]:
        mean = F.avg_pool2d(maps.square(), self.kernel_size, self.stride)
        return mean.clamp_min(1e-12).sqrt()  # the root of 0 has no finite slope

    def extra_repr(self) -> str:
        """What `print(network)` shows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}"


class CentreWeightedPool2d(nn.Module):
    """A mean in which pixels near the centre of the window count more (Gaussian, its sum is 1)."""

    def __init__(self, kernel_size: int, stride: int | None = None) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride or kernel_size
        self.register_buffer("window", centre_weights((kernel_size, kernel_size)), persistent=False)
        self.window: Tensor

    def forward(self, maps: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C h w"]:
        channels = maps.shape[1]
        window = self.window.to(maps.dtype).expand(channels, 1, -1, -1)
        return F.conv2d(maps, window, stride=self.stride, groups=channels)

    def extra_repr(self) -> str:
        """What `print(network)` shows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}"
