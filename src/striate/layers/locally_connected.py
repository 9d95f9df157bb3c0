"""A convolution without sharing: every place of the map has kernels of its own."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import StriateError
from striate.ops.geometry import output_size


class LocallyConnected2d(nn.Module):
    """Local fields as a convolution has them, unshared weights as a dense layer has them.

    It is made for maps of one size; h x w x (k x k x C + 1) parameters a map: LeNet's C1 would have 122,304
    instead of 156.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        image_size: tuple[int, int],
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.image_size = image_size
        self.height, self.width = (output_size(side, kernel_size, stride, padding) for side in image_size)
        fan_in, places = in_channels * kernel_size**2, self.height * self.width
        self.weight = nn.Parameter(torch.empty(out_channels, fan_in, places))
        self.bias = nn.Parameter(torch.empty(out_channels, places))
        bound = 1 / math.sqrt(fan_in)  # as nn.Conv2d starts
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, maps: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K h w"]:
        """Maps of the size that it was made for.

        Raises:
            StriateError: they have another size.
        """
        if maps.shape[2:] != self.image_size:
            raise StriateError(
                f"a locally connected layer made for maps of {self.image_size[0]}x{self.image_size[1]} "
                f"cannot read maps of {maps.shape[2]}x{maps.shape[3]}; every place has its own weights."
            )
        columns = F.unfold(maps, self.kernel_size, padding=self.padding, stride=self.stride)
        found = torch.einsum("bcl,kcl->bkl", columns, self.weight) + self.bias
        return found.view(len(maps), -1, self.height, self.width)

    def extra_repr(self) -> str:
        """What `print(network)` shows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
