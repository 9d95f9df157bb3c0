"""Things cut out of photographs: a picture with transparency, without its empty margins.

Colours are kept multiplied with their alpha. Resizing and turning mix neighbouring pixels; what lies in the
transparent ones (often black, or anything) then has no weight, and no dark seam appears around the thing.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from jaxtyping import UInt8
from PIL import Image

from striate.data.transforms.ranges import Number

SOLID = 128  # alpha from which a pixel belongs to the thing: at least half of it is covered

Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class CutOut:
    """One thing that scenes are made of.

    Attributes:
        name: of its file, relative to the folder of the cut-outs.
        label: its class.
        phrase: how a sentence calls it: "a frog".
        read: its pixels as a Pillow image of mode `RGBa` (colours multiplied with alpha), bounds tight.
    """

    name: str
    label: int
    phrase: str
    read: Callable[[], Image.Image]


@dataclass(frozen=True, slots=True)
class Background:
    """A picture that things are laid on. `read` gives it as a Pillow image of mode `RGB`."""

    name: str
    read: Callable[[], Image.Image]


class Layer(NamedTuple):
    """A thing as it will be laid on a scene.

    Attributes:
        pixels: colours multiplied with alpha, and alpha; no row or column without alpha at the edges.
        corners: of the thing's frame (top left, top right, bottom right, bottom left of the cut-out as its
            file has it), x and y in `pixels`; they turn and flip with it and may lie outside.
    """

    pixels: UInt8[np.ndarray, "h w 4"]
    corners: Corners

    @property
    def solid(self) -> npt.NDArray[np.bool_]:
        """Which pixels belong to the thing."""
        found: npt.NDArray[np.bool_] = self.pixels[:, :, 3] >= SOLID
        return found


def trimmed(image: Image.Image) -> Image.Image | None:
    """An `RGBA` image as `RGBa`, cut to the bounds of what is solid and its soft edge; None if nothing is."""
    alpha = image.getchannel("A")
    solid, seen = alpha.point(lambda value: 255 * (value >= SOLID)).getbbox(), alpha.getbbox()
    if solid is None or seen is None:
        return None
    x1, y1, x2, y2 = solid
    left, top, right, bottom = seen
    box = (max(x1 - 1, left), max(y1 - 1, top), min(x2 + 1, right), min(y2 + 1, bottom))
    return image.convert("RGBa").crop(box)


def layer_of(image: Image.Image, longest: Number, degrees: Number, *, mirrored: bool) -> Layer | None:
    """A cut-out at another size, mirrored, then turned about its middle; None if nothing solid is left.

    Args:
        image: as `CutOut.read` gives it.
        longest: pixels that the longer side shall have.
        degrees: counted clockwise as seen.
        mirrored: whether left and right are interchanged.
    """
    ratio = longest / max(image.size)
    size = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
    small = image.resize(size, Image.Resampling.BILINEAR)
    width, height = size
    corners = [(0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height))]
    if mirrored:
        small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        corners = [(width - x, y) for x, y in corners]
    if degrees:
        small, corners = _turned(small, corners, float(degrees))
    pixels = np.array(small)
    seen = pixels[:, :, 3] > 0
    if not (pixels[:, :, 3] >= SOLID).any():
        return None
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    cut = pixels[top : rows[-1] + 1, left : columns[-1] + 1]
    return Layer(cut, tuple((x - left, y - top) for x, y in corners))


def _turned(
    image: Image.Image, corners: list[tuple[float, float]], degrees: float
) -> tuple[Image.Image, list[tuple[float, float]]]:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    # With a border of nothing: Pillow repeats the outermost pixels, and edges would be steps.
    bordered = Image.new("RGBa", (image.width + 2, image.height + 2))
    bordered.paste(image, (1, 1))
    width, height = bordered.size
    across = math.ceil(abs(width * cos) + abs(height * sin))
    down = math.ceil(abs(width * sin) + abs(height * cos))
    x0, y0, x1, y1 = width / 2, height / 2, across / 2, down / 2
    back = (cos, sin, x0 - cos * x1 - sin * y1, -sin, cos, y0 + sin * x1 - cos * y1)
    # Pillow lets pixels begin at whole numbers and reads their middles, as our boxes do.
    turned = bordered.transform((across, down), Image.Transform.AFFINE, back, Image.Resampling.BILINEAR)
    from_middle = [(x + 1 - x0, y + 1 - y0) for x, y in corners]
    moved = [(cos * x - sin * y + x1, sin * x + cos * y + y1) for x, y in from_middle]
    return turned, moved
