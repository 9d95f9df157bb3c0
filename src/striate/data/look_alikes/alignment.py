"""How alike two thumbnails are once one is moved and enlarged onto the other, as a crop would be.

The shift and the enlargement are found by least squares on blurred thumbnails (Lucas and Kanade, "An
Iterative Image Registration Technique", IJCAI 1981), coarse then fine. What is compared are the middle
frequencies: pictures of the same kind share their large areas of light and dark, copies share their details.
"""

import math
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

Thumbnails = Float[Tensor, "N H W"]
Moves = Float[Tensor, "N 4"]  # enlargement and shift, across and down each, of a square from -1 to 1

STEPS = ((2.0, 2, 4), (1.0, 1, 3))  # blur and spacing in pixels, and iterations with them
_FARTHEST = 0.15  # of half a side; a crop of 10 % of a side moves its edges by 0.2 against each other
_LONGEST_STEP = 0.06
_DAMPING = 1e-3
_FINE, _COARSE = 0.8, 2.5  # blurs in pixels between which frequencies are compared


def details(pictures: Thumbnails) -> Thumbnails:
    """What is compared of each picture, at zero mean and unit length: a sum of products is a correlation."""
    return _normal(_details(pictures), torch.ones_like(pictures))


def aligned_likeness(first: Thumbnails, second: Thumbnails) -> Float[Tensor, " N"]:
    """The correlation of the pairs' details after `second` was laid onto `first`."""
    everywhere = torch.ones_like(first)
    negative = _correlation(_blurred(first, 1.0), _blurred(second, 1.0), everywhere) < 0
    second = torch.where(negative[:, None, None], -second, second)
    moved, covered = _moved(second, _alignment(first, second))
    return _correlation(_details(first), _details(moved), covered).clamp(min=0)


def _alignment(first: Thumbnails, second: Thumbnails) -> Moves:
    moves = torch.zeros(len(first), 4)
    for blur, spacing, iterations in STEPS:
        target, source = _blurred(first, blur, spacing), _blurred(second, blur, spacing)
        for _ in range(iterations):
            moves = (moves + _step(target, source, moves)).clamp(-_FARTHEST, _FARTHEST)
    return moves


def _step(target: Thumbnails, source: Thumbnails, moves: Moves) -> Moves:
    """One Gauss-Newton step towards the least difference of `target` and the moved `source`."""
    moved, covered = _moved(source, moves)
    moved = _normal(moved, covered)
    height, width = moved.shape[1:]
    down, across = _slope_matrix(height) @ moved * covered, moved @ _slope_matrix(width).T * covered
    x, y = _coordinates(target)
    rest = (_normal(target, covered) - moved) * covered
    slopes = torch.stack([across * x, down * y, across, down, rest], dim=1).flatten(2)  # (N, 5, H * W)
    products = slopes @ slopes.transpose(1, 2)
    curvature, pull = products[:, :4, :4], products[:, :4, 4:]
    scale = curvature.diagonal(dim1=1, dim2=2).mean(dim=1).clamp(min=1e-12)
    curvature = curvature + _DAMPING * scale[:, None, None] * torch.eye(4)
    step: Tensor = torch.linalg.solve(curvature, pull)[..., 0]
    return step.clamp(-_LONGEST_STEP, _LONGEST_STEP)


def _moved(pictures: Thumbnails, moves: Moves) -> tuple[Thumbnails, Thumbnails]:
    """The pictures enlarged and shifted, and which pixels (1 or 0) they cover."""
    x, y = _coordinates(pictures)
    across = x * (1 + moves[:, 0, None, None]) + moves[:, 2, None, None]
    down = y * (1 + moves[:, 1, None, None]) + moves[:, 3, None, None]
    grid = torch.empty(*pictures.shape, 2)  # filled in place: to stack the two takes longer than to sample
    grid[..., 0], grid[..., 1] = across, down
    moved = F.grid_sample(pictures[:, None], grid, "bilinear", "border", align_corners=False)[:, 0]
    return moved, (across.abs() <= 1).float() * (down.abs() <= 1).float()


def _coordinates(pictures: Thumbnails) -> tuple[Float[Tensor, "1 W"], Float[Tensor, "H 1"]]:
    height, width = pictures.shape[1:]
    x, y = (torch.arange(side) + 0.5 for side in (width, height))
    return (x / width * 2 - 1)[None], (y / height * 2 - 1)[:, None]


def _correlation(first: Thumbnails, second: Thumbnails, covered: Thumbnails) -> Float[Tensor, " N"]:
    return (_normal(first, covered) * _normal(second, covered)).sum(dim=(1, 2))


def _normal(pictures: Thumbnails, covered: Thumbnails) -> Thumbnails:
    """Zero mean and unit length over the covered pixels; zero elsewhere."""
    mean = (pictures * covered).sum(dim=(1, 2), keepdim=True) / covered.sum(dim=(1, 2), keepdim=True)
    centred = (pictures - mean) * covered
    return centred / centred.square().sum(dim=(1, 2), keepdim=True).sqrt().clamp(min=1e-6)


def _details(pictures: Thumbnails) -> Thumbnails:
    return _blurred(pictures, _FINE) - _blurred(pictures, _COARSE)


def _blurred(pictures: Thumbnails, sigma: float, spacing: int = 1) -> Float[Tensor, "N S T"]:
    """A Gaussian blur, edge pixels repeated; as two matrix products, for small pictures the quickest way.

    Of every `spacing` x `spacing` pixels the mean is left.
    """
    down, across = (_blur_matrix(side, sigma, spacing) for side in pictures.shape[1:])
    return down @ pictures @ across.T


@cache
def _blur_matrix(side: int, sigma: float, spacing: int) -> Float[Tensor, "T S"]:
    reach = math.ceil(3 * sigma)
    weights = torch.exp(-torch.arange(-reach, reach + 1).float().square() / (2 * sigma**2))
    read = (torch.arange(side)[:, None] + torch.arange(-reach, reach + 1)).clamp(0, side - 1)
    blur = torch.zeros(side, side).scatter_add_(1, read, (weights / weights.sum()).repeat(side, 1))
    return blur.view(side // spacing, spacing, side).mean(dim=1)


@cache
def _slope_matrix(side: int) -> Float[Tensor, "S S"]:
    """Differences of neighbours along a side of length 2: central ones, at the ends those to one side."""
    slopes = torch.gradient(torch.eye(side), dim=0)[0]
    return slopes * (side / 2)
