"""Where a picture lies in a network's input, and the way of boxes, points, masks and maps there and back.

Coordinates are in pixels and begin at the upper left corner of the first pixel, whose middle is (0.5, 0.5): a
box of the whole picture is (0, 0, W, H). Nothing here knows a task or a network.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Shaped, UInt8
from torch import Tensor
from torch.nn import functional as F

from striate.shapes import Boxes

Fit = Literal["squeeze", "pad", "crop"]
NOTHING_KNOWN = 255  # the class of a pixel that the network did not see

Points = Float[Tensor, "*N 2"]
Maps = Float[Tensor, "N H W"]
FittedMaps = Float[Tensor, "N h w"]


@dataclass(frozen=True, slots=True)
class Placement:
    """One picture in one input: resized to `inner_hw`, its upper left corner at `offset_xy`.

    Attributes:
        picture_hw: the size of the user's picture.
        input_hw: the size that the network reads.
        inner_hw: the size of the whole picture in the input; larger than it where a crop cuts the ends off.
        offset_xy: whole pixels; negative where something is cut off, positive behind a border.
    """

    picture_hw: tuple[int, int]
    input_hw: tuple[int, int]
    inner_hw: tuple[int, int]
    offset_xy: tuple[int, int]

    @classmethod
    def of(cls, fit: Fit, picture_hw: tuple[int, int], input_hw: tuple[int, int]) -> "Placement":
        """Where a picture lies that is squeezed, padded or cropped into an input."""
        inner = input_hw
        if fit != "squeeze" and picture_hw != input_hw:
            ratios = (input_hw[0] / picture_hw[0], input_hw[1] / picture_hw[1])
            ratio = min(ratios) if fit == "pad" else max(ratios)
            inner = (max(1, round(picture_hw[0] * ratio)), max(1, round(picture_hw[1] * ratio)))
        top, left = (_begin(length, side) for length, side in zip(inner, input_hw, strict=True))
        return cls(picture_hw, input_hw, inner, (left, top))

    @property
    def shows_all(self) -> bool:
        """Whether the whole picture, and nothing else, fills the input."""
        return self.inner_hw == self.input_hw and self.offset_xy == (0, 0)

    @property
    def seen(self) -> tuple[float, float, float, float]:
        """The part of the picture that the network sees, (x1, y1, x2, y2) in its pixels."""
        whole = torch.tensor([[0.0, 0.0, self.input_hw[1], self.input_hw[0]]], dtype=torch.float64)
        x1, y1, x2, y2 = self.boxes_back(whole)[0].tolist()
        return x1, y1, x2, y2

    def points_in(self, points: Points) -> Points:
        """Points of the picture in the input; they may lie outside of it."""
        scale, offset = self._scale(points), points.new_tensor(self.offset_xy)
        return points * scale + offset

    def points_back(self, points: Points) -> Points:
        """Points of the input in the picture; not clipped."""
        scale, offset = self._scale(points), points.new_tensor(self.offset_xy)
        return (points - offset) / scale

    def boxes_in(self, boxes: Boxes) -> Boxes:
        """Boxes of the picture in the input; they may reach outside of it."""
        return self.points_in(boxes.reshape(-1, 2, 2)).reshape(-1, 4)

    def boxes_back(self, boxes: Boxes) -> Boxes:
        """Boxes of the input in the picture, clipped to it."""
        height, width = self.picture_hw
        moved = self.points_back(boxes.reshape(-1, 2, 2))
        return moved.clamp(min=0).minimum(moved.new_tensor([width, height])).reshape(-1, 4)

    def maps_in(self, maps: Maps, outside: float | int = 0.0) -> FittedMaps:
        """Maps of the picture's size in the input's; `outside` stands in borders."""
        inner = maps
        if tuple(maps.shape[1:]) != self.inner_hw:
            inner = F.interpolate(maps[None], self.inner_hw, mode="bilinear", antialias=True)[0]
        return self._placed(inner, outside)

    def maps_back(self, maps: FittedMaps, outside: float | int = 0.0) -> Maps:
        """Maps over the input, of any size, as maps of the picture's size, bilinear.

        Args:
            maps: (N, h, w) that cover the input evenly: heat maps at any stride, or one value a pixel.
            outside: stands where the picture was cut off.
        """
        xs, ys = self._read_at()
        height, width = self.input_hw
        grid = torch.stack(torch.meshgrid(xs / width * 2 - 1, ys / height * 2 - 1, indexing="xy"), dim=2)
        read = F.grid_sample(
            maps[None], grid[None].to(maps), mode="bilinear", padding_mode="border", align_corners=False
        )[0]
        return read.masked_fill(self._unseen(xs, ys).to(maps.device), float(outside))

    def masks_in(self, masks: Bool[Tensor, "N H W"]) -> Bool[Tensor, "N h w"]:
        """Masks of objects in the input: pixels of which at least half is covered."""
        return self.maps_in(masks.float()) >= 0.5

    def masks_back(self, masks: Bool[Tensor, "N h w"]) -> Bool[Tensor, "N H W"]:
        """Masks over the input in the picture."""
        return self.maps_back(masks.float()) >= 0.5

    def classes_in(self, classes: UInt8[Tensor, "H W"]) -> UInt8[Tensor, "h w"]:
        """A map of class indices in the input; classes are never mixed, and borders are 255."""
        inner = F.interpolate(classes[None, None], self.inner_hw, mode="nearest-exact")[0]
        return self._placed(inner, NOTHING_KNOWN)[0]

    def classes_back(self, classes: UInt8[Tensor, "h w"]) -> UInt8[Tensor, "H W"]:
        """A map of class indices over the input in the picture; 255 where the picture was cut off."""
        xs, ys = self._read_at()
        columns = (xs / self.input_hw[1] * classes.shape[1]).long().clamp(0, classes.shape[1] - 1)
        rows = (ys / self.input_hw[0] * classes.shape[0]).long().clamp(0, classes.shape[0] - 1)
        read = classes[rows.to(classes.device)][:, columns.to(classes.device)]
        return read.masked_fill(self._unseen(xs, ys).to(classes.device), NOTHING_KNOWN)

    def _scale(self, like: Tensor) -> Tensor:
        (height, width), (tall, wide) = self.picture_hw, self.inner_hw
        return like.new_tensor([wide / width, tall / height])

    def _read_at(self) -> tuple[Float[Tensor, " W"], Float[Tensor, " H"]]:
        """Where the middles of the picture's columns and rows lie in the input."""
        places = []
        for axis in (1, 0):
            middles = torch.arange(self.picture_hw[axis], dtype=torch.float64) + 0.5
            places.append(middles * self.inner_hw[axis] / self.picture_hw[axis] + self.offset_xy[1 - axis])
        return places[0], places[1]

    def _unseen(self, xs: Float[Tensor, " W"], ys: Float[Tensor, " H"]) -> Bool[Tensor, "H W"]:
        height, width = self.input_hw
        return ((ys < 0) | (ys >= height))[:, None] | ((xs < 0) | (xs >= width))

    def _placed(self, inner: Shaped[Tensor, "N a b"], outside: float | int) -> Shaped[Tensor, "N h w"]:
        """The resized maps cut and bordered as the picture is."""
        height, width = self.input_hw
        left, top = self.offset_xy
        whole = inner.new_full((inner.shape[0], height, width), outside)
        cut = inner[:, max(0, -top) : height - top, max(0, -left) : width - left]
        y, x = max(0, top), max(0, left)
        whole[:, y : y + cut.shape[1], x : x + cut.shape[2]] = cut
        return whole


def _begin(length: int, side: int) -> int:
    """Where something of `length` begins in the middle of `side`; torchvision's rounding."""
    return (side - length) // 2 if length < side else -round((length - side) / 2)
