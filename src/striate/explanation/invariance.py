"""How an answer moves when its picture is shifted, turned, scaled, blurred, brightened, compressed, noisy.

LeNet's displays (shift, rotation, noise, unusual patterns) as a measurement: claims of invariance are
checked, not taken over.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int64
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms.v2 import functional as transforms

from striate.preprocess.preprocessing import to_channels
from striate.shapes import Labels, Picture, Pictures, Shares

Answer = Callable[[Pictures], Shares]  # pictures at the network's size become probabilities
Amount = float | int


class Change(NamedTuple):
    """One way to change a picture by an amount.

    Attributes:
        name: for a title.
        unit: what the amounts are, for an axis.
        amounts: from little to much.
        neutral: the amount that leaves a picture as it is.
        apply: the changed picture; the generator draws noise.
    """

    name: str
    unit: str
    amounts: tuple[Amount, ...]
    neutral: Amount
    apply: Callable[[Picture, Amount, torch.Generator], Tensor]


@dataclass(frozen=True, slots=True)
class Course:
    """How the answers to some pictures moved, a value for each amount.

    Attributes:
        change: its name.
        amounts: as applied.
        right: share of right answers, in [0, 1]; None where no truth is known.
        same: share of pictures whose answer is still that to the unchanged picture.
        confidence: mean probability of what is answered.
        own: mean probability of what is answered to the unchanged picture.
        answers: (amounts, B) what is answered.
    """

    change: str
    amounts: tuple[Amount, ...]
    right: tuple[float, ...] | None
    same: tuple[float, ...]
    confidence: tuple[float, ...]
    own: tuple[float, ...]
    answers: Int64[Tensor, "amounts B"]


def course_of(
    answer: Answer, pictures: Pictures, change: Change, labels: Labels | None = None, seed: int = 0
) -> Course:
    """Change some pictures by every amount and ask again.

    Args:
        answer: the network.
        pictures: at the network's size, 8 bit.
        change: from `CHANGES`.
        labels: the true classes.
        seed: of noise; each picture's noise is the same for every network.
    """
    first = answer(pictures).argmax(dim=1)
    rows = torch.arange(len(pictures))
    answers, right, same, confidence, own = [], [], [], [], []
    for amount in change.amounts:
        shares = answer(changed(pictures, change, amount, seed))
        given = shares.argmax(dim=1)
        answers.append(given)
        same.append(_mean(given == first))
        confidence.append(_mean(shares.amax(dim=1)))
        own.append(_mean(shares[rows, first]))
        if labels is not None:
            right.append(_mean(given == labels))
    return Course(
        change.name, change.amounts, tuple(right) if labels is not None else None, tuple(same),
        tuple(confidence), tuple(own), torch.stack(answers),
    )  # fmt: skip


def changed(pictures: Pictures, change: Change, amount: Amount, seed: int = 0) -> Pictures:
    """Every picture changed by one amount, at its own size."""
    if amount == change.neutral:
        return pictures
    made = []
    for number, picture in enumerate(pictures):
        generator = torch.Generator().manual_seed(seed * 1_000_003 + number)
        made.append(change.apply(picture, amount, generator))
    return torch.stack(made)


def _mean(values: Tensor) -> float:
    return float(values.double().mean())


def shifted(picture: Picture, percent: Amount, _: torch.Generator) -> Picture:
    """Moved to the right by a share of its width, whole pixels; its edge pixels fill what appears."""
    width = picture.shape[2]
    columns = (torch.arange(width) - round(width * percent / 100)).clamp(0, width - 1)
    return picture[:, :, columns]


def turned(picture: Picture, degrees: Amount, _: torch.Generator) -> Picture:
    """Turned anticlockwise around its middle; its edge pixels fill what appears."""
    angle = degrees * pi / 180
    return _warped(picture, [[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])


def scaled(picture: Picture, factor: Amount, _: torch.Generator) -> Picture:
    """Enlarged around its middle (below 1: shrunk); its edge pixels fill what appears."""
    if factor >= 1:
        return _warped(picture, [[1 / factor, 0.0], [0.0, 1 / factor]])
    height, width = picture.shape[1:]
    size = [max(1, round(height * factor)), max(1, round(width * factor))]
    small = transforms.resize(picture, size, antialias=True)  # _warped alone would skip pixels
    top, left = (height - size[0]) // 2, (width - size[1]) // 2
    rest = [left, width - size[1] - left, top, height - size[0] - top]
    return F.pad(small[None].float(), rest, mode="replicate")[0].to(torch.uint8)


def noisy(picture: Picture, percent: Amount, generator: torch.Generator) -> Picture:
    """With normal noise, its standard deviation in percent of white."""
    noise = torch.randn(picture.shape, generator=generator) * (255 * percent / 100)
    return (picture + noise).round().clamp(0, 255).to(torch.uint8)


def blurred(picture: Picture, percent: Amount, _: torch.Generator) -> Picture:
    """Smoothed by a Gaussian whose standard deviation is a share of the longer side."""
    sigma = max(picture.shape[1:]) * percent / 100
    reach = min(*picture.shape[1:], 2 * round(3 * sigma) + 1)
    blur: Tensor = transforms.gaussian_blur(picture, [reach - 1 + reach % 2] * 2, [sigma, sigma])
    return blur


def brightened(picture: Picture, factor: Amount, _: torch.Generator) -> Picture:
    """Every value times a factor, at most white."""
    return (picture * float(factor)).round().clamp(0, 255).to(torch.uint8)


def compressed(picture: Picture, quality: Amount, _: torch.Generator) -> Picture:
    """Written as a JPEG of a quality from 1 to 100 and read again."""
    pixels = picture.permute(1, 2, 0).numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(
        buffer, "JPEG", quality=int(quality)
    )
    read = np.asarray(Image.open(buffer))
    return torch.from_numpy(read.reshape(pixels.shape).copy()).permute(2, 0, 1).contiguous()


def _warped(picture: Picture, matrix: Sequence[Sequence[float]]) -> Picture:
    """Each pixel read at `matrix` times its place in pixels (x, y) from the middle, bilinear."""
    height, width = picture.shape[1:]
    (a, b), (c, d) = matrix
    read_at = torch.tensor(
        [[[a, b * height / width, 0.0], [c * width / height, d, 0.0]]], dtype=torch.float64
    )
    grid = F.affine_grid(read_at, [1, 1, height, width], align_corners=False)
    read = F.grid_sample(picture[None].double(), grid, padding_mode="border", align_corners=False)
    return read[0].round().clamp(0, 255).to(torch.uint8)


CHANGES: dict[str, Change] = {
    "shift": Change("shift", "% of the width to the right", (0, 2, 4, 7, 10, 15, 20, 30, 40), 0, shifted),
    "rotation": Change("rotation", "degrees anticlockwise", (0, 5, 10, 20, 30, 45, 60, 90, 180), 0, turned),
    "scale": Change("scale", "times", (0.3, 0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 3), 1, scaled),
    "noise": Change("noise", "% of white, std. dev.", (0, 2, 5, 10, 15, 20, 30, 45, 60), 0, noisy),
    "blur": Change("blur", "% of the side, std. dev.", (0, 0.3, 0.6, 1, 1.5, 2, 3, 5, 8), 0, blurred),
    "brightness": Change("brightness", "times", (0.1, 0.25, 0.5, 0.75, 1, 1.3, 1.7, 2.5, 4), 1, brightened),
    "jpeg": Change("JPEG quality", "of 100", (101, 90, 70, 50, 30, 20, 10, 5, 1), 101, compressed),
}


def odd_inputs(picture: Picture, seed: int = 0) -> dict[str, Tensor]:
    """Unusual forms of a picture, and pictures of nothing, by name; all of its size and channels."""
    generator = torch.Generator().manual_seed(seed)
    channels = picture.shape[0]
    grey = to_channels(picture, 1)
    two = (grey.float() > grey.float().mean()).to(torch.uint8) * 255
    rows, columns = (
        grey.float().diff(dim=dim, append=grey.float().narrow(dim, -1, 1)).abs() for dim in (1, 2)
    )
    outlines = (rows + columns).clamp(0, 255).to(torch.uint8)
    return {
        "mirrored": picture.flip(2),
        "upside down": picture.flip(1),
        "negative": 255 - picture,
        "grey": grey.expand(channels, -1, -1).contiguous(),
        "black and white": two.expand(channels, -1, -1).contiguous(),
        "outlines": outlines.expand(channels, -1, -1).contiguous(),
        "tiles shuffled": _shuffled(picture, generator),
        "all black": torch.zeros_like(picture),
        "all white": torch.full_like(picture, 255),
        "only noise": torch.randint(0, 256, picture.shape, generator=generator, dtype=torch.uint8),
    }


def _shuffled(picture: Picture, generator: torch.Generator, parts: int = 4) -> Picture:
    """Its 4 x 4 tiles in another order; a rest at the right and at the bottom stays."""
    height, width = picture.shape[1] // parts, picture.shape[2] // parts
    if not (height and width):
        return picture
    mixed = picture.clone()
    for place, source in enumerate(torch.randperm(parts**2, generator=generator).tolist()):
        (y, x), (v, u) = divmod(place, parts), divmod(source, parts)
        tile = picture[:, v * height : (v + 1) * height, u * width : (u + 1) * width]
        mixed[:, y * height : (y + 1) * height, x * width : (x + 1) * width] = tile
    return mixed
