"""The axis letters and array types that signatures use; jaxtyping checks them while the tests run.

B images, C channels, H x W pixels, N boxes or points, A anchors, K classes.
Pictures are 8-bit, `UInt8[Tensor, "C H W"]`, values 0 to 255, grey (C = 1) or RGB (C = 3).
"""

from jaxtyping import Float, Int64, UInt8
from torch import Tensor

Picture = UInt8[Tensor, "C H W"]  # one decoded picture, right side up
FittedPicture = UInt8[Tensor, "c h w"]  # the same picture at another size, with other channels
Pictures = UInt8[Tensor, "B C H W"]
Images = Float[Tensor, "B C H W"]  # what a network reads, normalised
Logits = Float[Tensor, "B K"]
Labels = Int64[Tensor, " B"]
Shares = Float[Tensor, "B K"]  # of every class in a picture, each row sums to 1
Boxes = Float[Tensor, "N 4"]  # (x1, y1, x2, y2) in pixels, x1 < x2 and y1 < y2

__all__ = ["Boxes", "FittedPicture", "Images", "Labels", "Logits", "Picture", "Pictures", "Shares"]
