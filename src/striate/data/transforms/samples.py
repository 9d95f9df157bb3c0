"""Changes of one sample: its picture and its truth move together, by one matrix."""

import torch
from torch.nn import functional as F

from striate.data.sample import Sample
from striate.data.transforms.geometry import Fill
from striate.data.transforms.sampling import interpolate, read_boxes
from striate.data.transforms.truths import USUAL, Matrix, Moving, moved_truth, pixel_matrix
from striate.shapes import FittedPicture


def mirrored(sample: Sample, moving: Moving = USUAL) -> Sample:
    """Left and right interchanged."""
    return _moved(sample, sample.picture.flip(2), _matrix(-1, 1, sample.picture.shape[2], 0), moving)


def upended(sample: Sample, moving: Moving = USUAL) -> Sample:
    """Top and bottom interchanged."""
    return _moved(sample, sample.picture.flip(1), _matrix(1, -1, 0, sample.picture.shape[1]), moving)


def resized(sample: Sample, size_hw: tuple[int, int], moving: Moving = USUAL) -> Sample:
    """At another size, bilinear with antialiasing; proportions follow the size."""
    height, width = sample.picture.shape[1:]
    picture = F.interpolate(sample.picture[None], size_hw, mode="bilinear", antialias=True)[0]
    return _moved(sample, picture, _matrix(size_hw[1] / width, size_hw[0] / height, 0, 0), moving)


def cropped(sample: Sample, box: tuple[int, int, int, int], moving: Moving = USUAL) -> Sample:
    """The part in (x1, y1, x2, y2); beyond the picture's edge it is black.

    Raises:
        ValueError: the box is empty.
    """
    x1, y1, x2, y2 = box
    if x2 <= x1 or y2 <= y1:
        raise ValueError(f"a crop of {box} has no pixel")
    height, width = sample.picture.shape[1:]
    # Negative borders cut off.
    picture = F.pad(sample.picture, (-x1, x2 - width, -y1, y2 - height))
    return _moved(sample, picture, _matrix(1, 1, -x1, -y1), moving)


def seen_through(
    sample: Sample, read: Matrix, fill: Fill = "nearest", moving: Moving = USUAL, *, upright: bool = False
) -> Sample:
    """At the same size, read through one of `Augmentation.matrices`: any rotation, zoom, shift and shear.

    Args:
        sample: a picture with its truth.
        read: where each output pixel is read, in coordinates from -1 to 1.
        fill: what is seen beyond the edges.
        moving: what happens to truths there.
        upright: the matrix is snapped to whole pixels, as those without rotation and shear are.
    """
    reader = read_boxes if upright else interpolate
    picture = reader(sample.picture[None], torch.tensor([0]), read[None], fill)[0]
    size_hw = (sample.picture.shape[1], sample.picture.shape[2])
    return _moved(sample, picture, pixel_matrix(read, size_hw, size_hw), moving)


def _moved(sample: Sample, picture: FittedPicture, matrix: Matrix, moving: Moving) -> Sample:
    size_hw = (picture.shape[1], picture.shape[2])
    truth = moved_truth(sample.truth, matrix, size_hw, moving)
    return Sample(sample.name, picture, truth)


def _matrix(across: float | int, down: float | int, right: float | int, below: float | int) -> Matrix:
    return torch.tensor([[across, 0, right], [0, down, below]], dtype=torch.float64)
