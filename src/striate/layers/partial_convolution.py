"""Padding that is not counted: results at the border are weighed up to a whole window.

Source: Liu et al., "Partial Convolution based Padding", arXiv:1811.11718
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class PartialConv2d(nn.Conv2d):
    """A convolution whose sums are multiplied by (cells of the window) / (cells inside the picture).

    The bias comes after. It takes `nn.Conv2d`'s arguments, with zero padding.
    """

    def forward(self, input: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K h w"]:  # noqa: A002  (torch's name)
        total = F.conv2d(input, self.weight, None, self.stride, self.padding, self.dilation, self.groups)
        ones, window = torch.ones_like(input[:1, :1]), self.weight.new_ones(1, 1, *self.kernel_size)
        inside = F.conv2d(ones, window, None, self.stride, self.padding, self.dilation)
        maps = total * (window.numel() / inside)
        return maps if self.bias is None else maps + self.bias.view(1, -1, 1, 1)
