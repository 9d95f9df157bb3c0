"""Boxes, masks and points against painted pixels, for every change of a sample."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data.sample import Sample, Truth
from striate.data.transforms.augmentation import Augmentation
from striate.data.transforms.crop import Crop
from striate.data.transforms.draws import uniform_draws
from striate.data.transforms.geometry import Geometry
from striate.data.transforms.samples import Moving, cropped, mirrored, resized, seen_through, upended

HEIGHT, WIDTH = 60, 80


def painted(box: tuple[int, int, int, int]) -> Sample:
    """A white rectangle on black; its truths say where it is, and its corners are points."""
    x1, y1, x2, y2 = box
    picture = torch.zeros((3, HEIGHT, WIDTH), dtype=torch.uint8)
    picture[:, y1:y2, x1:x2] = 255
    corners = torch.tensor([[[x1, y1], [x2, y1], [x2, y2], [x1, y2]]], dtype=torch.float32)
    truth = Truth(
        boxes=torch.tensor([box], dtype=torch.float32),
        box_labels=torch.tensor([3]),
        masks=picture[:1] > 0,
        points=corners,
        visible=torch.full((1, 4), 2, dtype=torch.uint8),
    )
    return Sample("one", picture, truth)


def check(sample: Sample, *, upright: bool = True) -> None:
    """Box, mask and points are where the white pixels are, within a pixel."""
    white = sample.picture[0].numpy() >= 128
    truth = sample.truth
    assert len(truth.boxes) == 1 and truth.box_labels.tolist() == [3]
    ys, xs = np.nonzero(white)
    found = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
    assert np.abs(truth.boxes[0].numpy() - found).max() <= 1
    assert truth.masks.shape[1:] == sample.picture.shape[1:]
    edge = white ^ truth.masks[0].numpy()
    assert edge.sum() <= 2 * (white.shape[0] + white.shape[1])
    hull = np.array([truth.points[0].amin(0).numpy(), truth.points[0].amax(0).numpy()]).reshape(4)
    if upright:
        hull = np.clip(hull, 0, [white.shape[1], white.shape[0]] * 2)
    if upright or (truth.visible == 2).all():  # else a turned corner is beyond the edge
        assert np.abs(hull - found).max() <= 1


boxes = st.tuples(st.integers(5, 30), st.integers(5, 25), st.integers(40, 75), st.integers(32, 55))


@settings(max_examples=25)
@given(boxes, st.integers(30, 120), st.integers(30, 120))
def test_flips_and_sizes(box, height, width):
    sample = painted(box)
    for changed in (mirrored(sample), upended(sample), resized(sample, (height, width))):
        check(changed)
    twice = mirrored(mirrored(sample))
    assert torch.equal(twice.truth.boxes, sample.truth.boxes) and torch.equal(twice.picture, sample.picture)
    assert torch.equal(upended(upended(sample)).truth.points, sample.truth.points)


@settings(max_examples=25)
@given(boxes, st.integers(-10, 20), st.integers(-10, 15), st.integers(45, 90), st.integers(40, 70))
def test_crops(box, x1, y1, x2, y2):
    changed = cropped(painted(box), (x1, y1, x2, y2), Moving(least_kept=0.0))
    assert changed.picture.shape[1:] == (y2 - y1, x2 - x1)
    check(changed)
    inside = (changed.truth.points[0] >= 0).all(1) & (
        changed.truth.points[0] <= torch.tensor([x2 - x1, y2 - y1])
    ).all(1)
    assert ((changed.truth.visible[0] == 2) == inside).all()


@settings(max_examples=25)
@given(boxes, st.integers(0, 10_000))
def test_rotations_and_every_other_change_of_augmentation(box, seed):
    augmentation = Augmentation(
        geometry=Geometry(
            shift=0.1, rotate=40.0, shear=10.0, zoom=(0.8, 1.2), mirror=True, upend=True, fill="constant"
        )
    )
    matrix = augmentation.matrices(uniform_draws(seed, 0, torch.tensor([0])), (HEIGHT, WIDTH))[0]
    changed = seen_through(painted(box), matrix, "constant", Moving(least_kept=0.0))
    check(changed, upright=False)


@settings(max_examples=25)
@given(boxes, st.integers(0, 10_000))
def test_snapped_crops_of_augmentation(box, seed):
    augmentation = Augmentation(geometry=Geometry(mirror=True), crop=Crop(area=(0.5, 1.0)))
    matrix = augmentation.matrices(uniform_draws(seed, 0, torch.tensor([0])), (HEIGHT, WIDTH))[0]
    check(seen_through(painted(box), matrix, "constant", Moving(least_kept=0.0), upright=True))


def test_a_box_without_a_mask_is_around_its_turned_corners():
    sample = painted((30, 20, 50, 40))
    quarter = torch.tensor([[0.0, HEIGHT / WIDTH, 0.0], [-WIDTH / HEIGHT, 0.0, 0.0]], dtype=torch.float64)
    bare = Sample("one", sample.picture, Truth(boxes=sample.truth.boxes, box_labels=sample.truth.box_labels))
    assert seen_through(bare, quarter).truth.boxes[0].tolist() == pytest.approx([30, 20, 50, 40])
    half = torch.tensor(
        [[0.5**0.5, 0.5**0.5 * HEIGHT / WIDTH, 0.0], [-(0.5**0.5) * WIDTH / HEIGHT, 0.5**0.5, 0.0]]
    )
    around = 10 * 2**0.5
    expected = [40 - around, 30 - around, 40 + around, 30 + around]
    assert seen_through(bare, half).truth.boxes[0].tolist() == pytest.approx(expected, abs=1e-3)


def test_what_is_cut_off_takes_its_mask_and_points_along():
    first, second = painted((5, 5, 40, 32)).truth, painted((60, 40, 75, 55)).truth
    both = {
        name: torch.cat([getattr(first, name), getattr(second, name)])
        for name in ("boxes", "box_labels", "masks", "points", "visible")
    }
    crowd, difficult = torch.tensor([True, False]), torch.tensor([False, True])
    truth = Truth(**both, crowd=crowd, difficult=difficult)
    sample = Sample("two", torch.zeros((3, HEIGHT, WIDTH), dtype=torch.uint8), truth)
    left = cropped(sample, (0, 0, 62, 60)).truth  # 2 of the second one's 15 columns stay
    assert len(left.boxes) == len(left.masks) == len(left.points) == len(left.visible) == 1
    assert left.crowd.tolist() == [True] and left.difficult.tolist() == [False]
    assert len(cropped(sample, (0, 0, 62, 60), Moving(least_kept=0.1)).truth.boxes) == 2
    empty = cropped(sample, (76, 0, 80, 60)).truth
    assert empty.boxes.shape == (0, 4) and empty.masks.shape == (0, 60, 4) and empty.points.shape == (0, 4, 2)


def test_a_mirror_interchanges_left_and_right_points():
    points = torch.tensor([[10.0, 5.0], [30.0, 5.0], [20.0, 9.0]])
    sample = Sample("face", torch.zeros((1, 40, 40), dtype=torch.uint8), Truth(points=points))
    changed = mirrored(sample, Moving(flip_pairs=[(0, 1)])).truth
    assert changed.points.tolist() == [[10, 5], [30, 5], [20, 9]] and changed.visible.tolist() == [2, 2, 2]
    assert mirrored(sample).truth.points.tolist() == [[30, 5], [10, 5], [20, 9]]


def test_classes_beyond_the_edge_are_unknown():
    classes = torch.full((40, 40), 4, dtype=torch.uint8)
    sample = Sample("map", torch.zeros((1, 40, 40), dtype=torch.uint8), Truth(class_map=classes))
    changed = cropped(sample, (-10, 0, 30, 40)).truth.class_map
    assert (changed[:, :10] == 255).all() and (changed[:, 10:] == 4).all()
