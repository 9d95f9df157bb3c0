"""Reading pixels through matrices: upright boxes stay 8 bit and are resized, everything else is interpolated.

Both read a picture once: however many changes a matrix holds, it blurs once.
"""

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torch.nn import functional as F

from striate.data.transforms.filling import folded
from striate.data.transforms.geometry import Fill, Matrices
from striate.data.transforms.shifting import read_shifted
from striate.shapes import Pictures

TOGETHER = (
    2  # pictures that are interpolated at once: they stay in the processor's cache (twice as fast as 32)
)
COARSE = 1.5  # pixels; with larger steps between samples a picture is first shrunk, with antialiasing
MODES = {"nearest": "border", "reflect": "reflection", "wrap": "border", "constant": "zeros"}


def pick(pictures: UInt8[Tensor, "N C H W"], rows: Int64[Tensor, " B"]) -> Pictures:
    """Copies of the pictures at `rows`, with channels last in memory if the pictures have them last."""
    if pictures.is_contiguous():
        return pictures.index_select(0, rows)
    return pictures.permute(0, 2, 3, 1).index_select(0, rows).permute(0, 3, 1, 2)  # each in one piece


def snapped(matrices: Matrices, size_hw: tuple[int, int]) -> Matrices:
    """Upright matrices whose boxes begin and end between whole pixels of the input."""
    boxes = boxes_of(matrices, size_hw).double()
    size = torch.tensor([size_hw[1], size_hw[0]], dtype=torch.float64)
    begin, end = boxes[:, :2], boxes[:, 2:]
    linear = torch.diag_embed((end - begin) / size * matrices[:, :, :2].diagonal(dim1=1, dim2=2).sign())
    return torch.cat([linear, ((begin + end) / size - 1)[..., None]], dim=2)


def boxes_of(matrices: Matrices, size_hw: tuple[int, int]) -> Int64[Tensor, "B 4"]:
    """The box (x1, y1, x2, y2) of the input that upright matrices show, in whole pixels, at least 1 large."""
    size = torch.tensor([size_hw[1], size_hw[0]], dtype=torch.float64)
    lengths = (matrices[:, :, :2].diagonal(dim1=1, dim2=2).abs() * size).round().clamp(min=1)
    begin = ((matrices[:, :, 2] + 1) / 2 * size - lengths / 2).round()
    return torch.cat([begin, begin + lengths], dim=1).long()


def read_boxes(
    pictures: UInt8[Tensor, "N C H W"], rows: Int64[Tensor, " B"], matrices: Matrices, fill: Fill
) -> Pictures:
    """Cut, flip and resize the pictures at `rows` as their upright, snapped matrices say, antialiased."""
    channels, height, width = pictures.shape[1:]
    # Channels last: torch resizes 8 bit three times faster, and networks read it.
    seen = torch.empty(
        (len(rows), channels, height, width), dtype=torch.uint8, memory_format=torch.channels_last
    )
    boxes = boxes_of(matrices, (height, width))
    flips = matrices[:, :, :2].diagonal(dim1=1, dim2=2) < 0
    if bool(((boxes[:, 2:] - boxes[:, :2]) == torch.tensor([width, height])).all()):
        return read_shifted(pictures, rows, boxes[:, :2], flips, fill)
    places = zip(rows.tolist(), boxes.tolist(), flips.tolist(), strict=True)
    for i, (row, (left, top, right, bottom), (mirrored, upended)) in enumerate(places):
        part = _cut(pictures[row : row + 1], (left, top, right, bottom), fill)
        part = part.contiguous(memory_format=torch.channels_last)
        dims = [3] * mirrored + [2] * upended
        if dims:
            part = part.flip(dims)
        if part.shape[2:] != (height, width):
            part = F.interpolate(part, (height, width), mode="bilinear", antialias=True)
        seen[i] = part[0]
    return seen


def _cut(picture: Tensor, box: tuple[int, int, int, int], fill: Fill) -> Tensor:
    left, top, right, bottom = box
    if min(left, top) >= 0 and right <= picture.shape[3] and bottom <= picture.shape[2]:
        return picture[:, :, top:bottom, left:right]
    return _span(_span(picture, 2, (top, bottom), fill), 3, (left, right), fill)


def _span(picture: Tensor, dim: int, ends: tuple[int, int], fill: Fill) -> Tensor:
    """Places `ends[0]` to `ends[1]` along one side; the inside is a view, what lies beyond is filled."""
    length = picture.shape[dim]
    begin, end = max(0, min(ends[0], length)), min(length, max(ends[1], 0))
    inside = picture.narrow(dim, begin, max(0, end - begin))
    before, after = np.arange(ends[0], min(0, ends[1])), np.arange(max(length, ends[0]), ends[1])
    if not (len(before) or len(after)):
        return inside
    if fill == "constant":
        return F.pad(inside, (0, 0) * (3 - dim) + (len(before), len(after)))
    beyond = [torch.from_numpy(folded(places, length, fill)) for places in (before, after)]
    return torch.cat(
        [picture.index_select(dim, beyond[0]), inside, picture.index_select(dim, beyond[1])], dim
    )


def interpolate(
    pictures: UInt8[Tensor, "N C H W"], rows: Int64[Tensor, " B"], matrices: Matrices, fill: Fill
) -> Pictures:
    """The pictures at `rows` read bilinearly through their matrices; coarse steps are antialiased."""
    channels, height, width = pictures.shape[1:]
    seen = torch.empty((len(rows), channels, height, width), dtype=torch.uint8)
    steps = _steps(matrices, (height, width))
    matrices = matrices.float()
    for begin in range(0, len(rows), TOGETHER):
        some = slice(begin, begin + TOGETHER)
        images = pick(pictures, rows[some]).to(torch.float32, memory_format=torch.contiguous_format)
        seen[some] = _read(images, matrices[some], (height, width), fill)
    for i in (steps > COARSE).nonzero()[:, 0].tolist():
        smaller = (max(1, round(height / steps[i].item())), max(1, round(width / steps[i].item())))
        images = pictures[rows[i : i + 1]].float()
        small = F.interpolate(images, smaller, mode="bilinear", antialias=True)
        seen[i : i + 1] = _read(small, matrices[i : i + 1], (height, width), fill)
    return seen


def _steps(matrices: Matrices, size_hw: tuple[int, int]) -> Float[Tensor, " B"]:
    """Input pixels between neighbouring output pixels, along rows or columns, whichever is more."""
    aspect = size_hw[0] / size_hw[1]
    along = torch.hypot(matrices[:, 0, 0], matrices[:, 1, 0] * aspect)
    down = torch.hypot(matrices[:, 0, 1] / aspect, matrices[:, 1, 1])
    return torch.maximum(along, down)


def _read(images: Tensor, matrices: Tensor, size_hw: tuple[int, int], fill: Fill) -> Tensor:
    grid = _grid(matrices, size_hw)
    if fill == "wrap":  # a pixel of the other side all around, and places folded into the picture
        size = torch.tensor([images.shape[3], images.shape[2]])
        images = F.pad(images, (1, 1, 1, 1), mode="circular")
        grid = (((grid + 1) / 2 * size - 0.5) % size + 1.5) / (size + 2) * 2 - 1
    return F.grid_sample(images, grid, "bilinear", MODES[fill], align_corners=False).round_().clamp_(0, 255)


def _grid(matrices: Tensor, size_hw: tuple[int, int]) -> Float[Tensor, "B H W 2"]:
    """As `affine_grid`, five times faster: a sum of a row and a column."""
    ys, xs = [(torch.arange(side) * 2 + 1) / side - 1 for side in size_hw]
    rows = matrices[:, None, None, :, 1] * ys[:, None, None] + matrices[:, None, None, :, 2]  # (B, H, 1, 2)
    return rows + matrices[:, None, None, :, 0] * xs[:, None]
