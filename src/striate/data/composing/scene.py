"""One scene: things laid over a background, and the truth about every one of them, to the pixel.

A scene is a function of its material, its options and three numbers (seed, index, epoch). So a data set can
be written once, or composed anew in every epoch, and both are repeated at will.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64, UInt8
from PIL import Image
from torch import Tensor

from striate.data.composing.cut_out import Background, CutOut, Layer, layer_of
from striate.data.composing.draws import SceneDraws
from striate.data.sample import Sample, Truth
from striate.data.transforms.ranges import Number
from striate.ops.masks import boxes_of_masks
from striate.shapes import Boxes, Picture

TRIES = 20  # places that are tried for a thing, each time a little smaller


@dataclass(frozen=True, slots=True)
class SceneOptions:
    """What scenes look like.

    Attributes:
        size: pixels of each side.
        objects: fewest and most things.
        extent: shortest and longest side of a thing, as a share of the scene's; their
            logarithm is drawn evenly.
        rotate: largest rotation to either side, degrees.
        mirror: whether half of the things are mirrored.
        most_hidden: share of a thing that later ones may hide.
        most_enlarged: times that a cut-out may grow; above, it would look blurred.
    """

    size: int = 320
    objects: tuple[int, int] = (1, 4)
    extent: tuple[float, float] = (0.15, 0.5)
    rotate: Number = 20.0
    mirror: bool = True
    most_hidden: Number = 0.5
    most_enlarged: Number = 2.0

    @property
    def longest(self) -> float:
        """The longest side of a thing in pixels: many things are smaller ones."""
        return self.extent[1] * self.size * math.sqrt(4 / max(4, self.objects[1]))


@dataclass(frozen=True, slots=True)
class Scene:
    """A composed picture and its truth. Things are in the order they were laid: later ones cover earlier.

    Attributes:
        picture: (3, H, W).
        boxes: (x1, y1, x2, y2) around the visible pixels of each thing: x2 and y2 are the first column and
            row outside (half-open), so `x2 - x1` is the width.
        labels: the classes.
        masks: the visible pixels of each thing: half covered by it at least, and by no later one.
        corners: top left, top right, bottom right, bottom left of each cut-out's frame, x and y; they are
            turned and mirrored with it.
        corners_visible: 2 where a corner lies in the picture, 0 where it does not; as in COCO's key points.
        cut_outs: names of the things' files.
        phrases: how a sentence calls each thing.
        background: name of the background's file.
        left_out: how many things found no place.
    """

    picture: Picture
    boxes: Boxes
    labels: Int64[Tensor, " N"]
    masks: Bool[Tensor, "N H W"]
    corners: Float[Tensor, "N 4 2"]
    corners_visible: UInt8[Tensor, "N 4"]
    cut_outs: tuple[str, ...]
    phrases: tuple[str, ...]
    background: str
    left_out: int = 0

    def sample(self, name: str) -> Sample:
        """The scene as a sample for training."""
        truth = Truth(
            boxes=self.boxes,
            box_labels=self.labels,
            masks=self.masks,
            points=self.corners,
            visible=self.corners_visible,
        )
        return Sample(name, self.picture, truth)


@dataclass(frozen=True, slots=True)
class _Laid:
    """A thing at its place, before later ones cover it."""

    thing: CutOut
    layer: Layer
    left: int
    top: int
    solid: Bool[np.ndarray, "H W"]  # of the whole scene


def compose_scene(
    cut_outs: Sequence[CutOut],
    backgrounds: Sequence[Background],
    options: SceneOptions,
    *,
    seed: int,
    index: int,
    epoch: int = 0,
) -> Scene:
    """The scene that belongs to `seed`, `index` and `epoch`.

    Every class is chosen as often as any other, however many cut-outs it has. A thing for which no place is
    found, because it would hide too much, is left out and counted; the first one always has a place.

    Args:
        cut_outs: the things of one part.
        backgrounds: those of the same part.
        options: what scenes look like.
        seed: of the data set.
        index: of the scene.
        epoch: another one gives another scene.
    """
    draws = SceneDraws(seed, index, epoch)
    background = backgrounds[draws.below(len(backgrounds))]
    canvas = np.array(_framed(background.read(), options.size, draws))
    by_class: dict[int, list[CutOut]] = {}
    for one in cut_outs:
        by_class.setdefault(one.label, []).append(one)
    labels = sorted(by_class)
    fewest, most = options.objects
    laid: list[_Laid] = []
    wanted = fewest + draws.below(most - fewest + 1)
    for _ in range(wanted):
        same = by_class[labels[draws.below(len(labels))]]
        found = _find_place(same[draws.below(len(same))], laid, options, draws)
        if found is not None:
            laid.append(found)
            _lay(canvas, found)
    return replace(_truth(canvas, laid, background.name), left_out=wanted - len(laid))


def _framed(image: Image.Image, size: int, draws: SceneDraws) -> Image.Image:
    """A square of the background, between half and all of its shorter side, mirrored half of the time."""
    side = draws.between(0.5, 1.0) * min(image.size)
    left, top = draws.share() * (image.width - side), draws.share() * (image.height - side)
    box = (left, top, min(left + side, image.width), min(top + side, image.height))
    seen = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
    return seen.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if draws.share() < 0.5 else seen


def _find_place(
    thing: CutOut, laid: Sequence[_Laid], options: SceneOptions, draws: SceneDraws
) -> _Laid | None:
    image = thing.read()
    low, high = options.extent[0] * options.size, options.longest
    longest = min(low, high) * (high / min(low, high)) ** draws.share()
    longest = min(longest, options.most_enlarged * max(image.size))
    degrees = draws.between(-float(options.rotate), float(options.rotate))
    mirrored = draws.share() < 0.5 and options.mirror
    for _ in range(TRIES):
        layer = layer_of(image, longest, degrees, mirrored=mirrored)
        across, down = draws.share(), draws.share()
        longest *= 0.93
        if layer is None:
            return None
        height, width = layer.pixels.shape[:2]
        if max(height, width) > options.size:
            continue
        left, top = round(across * (options.size - width)), round(down * (options.size - height))
        solid = np.zeros((options.size, options.size), dtype=bool)
        solid[top : top + height, left : left + width] = layer.solid
        place = _Laid(thing, layer, left, top, solid)
        if not _hides_too_much([*laid, place], options.most_hidden):
            return place
    return None


def _hides_too_much(laid: Sequence[_Laid], most_hidden: Number) -> bool:
    covered = np.zeros_like(laid[0].solid)
    for one in reversed(laid):
        if (one.solid & covered).sum() > most_hidden * one.solid.sum():
            return True
        covered |= one.solid
    return False


def _lay(canvas: UInt8[np.ndarray, "H W 3"], one: _Laid) -> None:
    """Put a thing on the canvas, in place."""
    height, width = one.layer.pixels.shape[:2]
    under = canvas[one.top : one.top + height, one.left : one.left + width]
    colours, alpha = one.layer.pixels[:, :, :3], one.layer.pixels[:, :, 3:].astype(np.uint16)
    shining = (under * (255 - alpha) + 127) // 255
    under[:] = np.minimum(shining + colours, 255).astype(np.uint8)


def _truth(canvas: UInt8[np.ndarray, "H W 3"], laid: Sequence[_Laid], background: str) -> Scene:
    size = canvas.shape[0]
    covered = np.zeros((size, size), dtype=bool)
    masks = np.zeros((len(laid), size, size), dtype=bool)
    for at in reversed(range(len(laid))):
        masks[at] = laid[at].solid & ~covered
        covered |= laid[at].solid
    corners = [[(x + one.left, y + one.top) for x, y in one.layer.corners] for one in laid]
    points = torch.tensor(corners, dtype=torch.float32).reshape(len(laid), 4, 2)
    inside = ((points >= 0) & (points <= size)).all(dim=2)
    return Scene(
        picture=torch.from_numpy(canvas).permute(2, 0, 1).contiguous(),
        boxes=boxes_of_masks(torch.from_numpy(masks)),
        labels=torch.tensor([one.thing.label for one in laid], dtype=torch.int64),
        masks=torch.from_numpy(masks),
        corners=points,
        corners_visible=torch.where(inside, 2, 0).to(torch.uint8),
        cut_outs=tuple(one.thing.name for one in laid),
        phrases=tuple(one.thing.phrase for one in laid),
        background=background,
    )
