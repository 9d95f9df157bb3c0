"""Placement: round trips for every fit, and agreement with the pixels that preprocessing moves."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.preprocess.placement import Placement
from striate.preprocess.preprocessing import Preprocessing

sides = st.integers(1, 60)
sizes = st.tuples(sides, sides)
fits = st.sampled_from(["squeeze", "pad", "crop"])
large = st.tuples(st.integers(20, 60), st.integers(20, 60))
shares = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5)


@given(fits, sizes, sizes, shares)
def test_points_and_boxes_come_back(fit, picture_hw, input_hw, given_shares):
    place = Placement.of(fit, picture_hw, input_hw)
    points = torch.tensor(given_shares, dtype=torch.float64) * torch.tensor([picture_hw[1], picture_hw[0]])
    assert torch.allclose(place.points_back(place.points_in(points)), points, atol=1e-9)
    boxes = torch.cat([points.minimum(points.flip(0)), points.maximum(points.flip(0))], dim=1)
    assert torch.allclose(place.boxes_back(place.boxes_in(boxes)), boxes, atol=1e-9)


@given(fits, sizes, sizes)
def test_the_whole_picture_is_where_the_fit_says(fit, picture_hw, input_hw):
    place = Placement.of(fit, picture_hw, input_hw)
    x1, y1, x2, y2 = place.boxes_in(torch.tensor([[0.0, 0.0, picture_hw[1], picture_hw[0]]]))[0].tolist()
    height, width = input_hw
    inside = x1 >= -1e-4 and y1 >= -1e-4 and x2 <= width + 1e-4 and y2 <= height + 1e-4
    covers = x1 <= 1e-4 and y1 <= 1e-4 and x2 >= width - 1e-4 and y2 >= height - 1e-4
    assert {"squeeze": inside and covers, "pad": inside, "crop": covers}[fit]
    if fit != "squeeze" and min(place.inner_hw) > 8:  # proportions, up to half a pixel of each side
        stretched = (x2 - x1) / picture_hw[1] / ((y2 - y1) / picture_hw[0])
        assert stretched == pytest.approx(1, abs=0.15)


@settings(max_examples=60)
@given(
    fits,
    st.tuples(st.integers(20, 60), st.integers(20, 60)),
    st.tuples(st.integers(20, 60), st.integers(20, 60)),
)
def test_a_painted_box_is_where_its_pixels_are(fit, picture_hw, input_hw):
    height, width = picture_hw
    x1, y1, x2, y2 = width // 4, height // 3, width // 4 + width // 2, height // 3 + height // 2
    picture = torch.zeros((3, height, width), dtype=torch.uint8)
    picture[:, y1:y2, x1:x2] = 255
    spec = Preprocessing(input_hw, 3, (0.5,) * 3, (0.5,) * 3, fit)
    painted = spec.fit_picture(picture)[0].numpy() >= 128
    ys, xs = np.nonzero(painted)
    place = Placement.of(fit, picture_hw, input_hw)
    moved = place.boxes_in(torch.tensor([[x1, y1, x2, y2]], dtype=torch.float32))[0].tolist()
    found = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
    clipped = [min(max(v, 0), input_hw[1 - at % 2]) for at, v in enumerate(moved)]
    assert np.abs(np.array(found) - clipped).max() <= 1
    mask = torch.zeros((1, height, width), dtype=torch.bool)
    mask[0, y1:y2, x1:x2] = True
    fitted = place.masks_in(mask)[0].numpy()
    # A pixel that the box's edge halves may fall to either side; one of a small input is more than 1 %.
    differ_y, differ_x = np.nonzero(fitted != painted)
    from_x = np.abs(differ_x[:, None] - [found[0], found[2] - 1]).min(1)
    from_y = np.abs(differ_y[:, None] - [found[1], found[3] - 1]).min(1)
    assert np.all(np.minimum(from_x, from_y) <= 1)
    assert abs(int(fitted.sum()) - int(painted.sum())) <= painted.any(0).sum() + painted.any(1).sum()
    back = place.masks_back(torch.from_numpy(fitted)[None])[0].numpy()
    seen = place.seen
    by, bx = np.nonzero(back)
    expected = [max(x1, seen[0]), max(y1, seen[1]), min(x2, seen[2]), min(y2, seen[3])]
    tolerance = 1 + max(height / place.inner_hw[0], width / place.inner_hw[1])
    assert np.abs(np.array([bx.min(), by.min(), bx.max() + 1, by.max() + 1]) - expected).max() <= tolerance


@given(fits, sizes, sizes)
def test_a_ramp_comes_back_as_itself_where_it_was_seen(fit, picture_hw, input_hw):
    # Over the input stands the column that each of its pixels shows; read back, each column finds itself.
    place = Placement.of(fit, picture_hw, input_hw)
    middles = torch.stack([torch.arange(input_hw[1]) + 0.5, torch.zeros(input_hw[1])], dim=1).double()
    ramp = place.points_back(middles)[:, 0].expand(1, input_hw[0], -1).float().contiguous()
    back = place.maps_back(ramp, outside=-1000.0)[0]
    left, right = middles[0, 0].item(), middles[-1, 0].item()
    columns = torch.arange(picture_hw[1]) + 0.5
    places = place.points_in(torch.stack([columns, torch.zeros_like(columns)], dim=1))[:, 0]
    inside = (places >= left) & (places <= right)
    seen = back[:, inside]
    seen = seen[seen[:, 0] > -999] if inside.any() else seen
    assert torch.allclose(seen, columns[inside].expand_as(seen), atol=1e-2)


def test_what_was_cut_off_is_told():
    place = Placement.of("crop", (10, 30), (10, 10))
    assert place.offset_xy == (-10, 0) and place.seen == (10, 0, 20, 10)
    heat = place.maps_back(torch.ones((1, 5, 5)), outside=-1.0)[0]
    assert (heat[:, 10:20] == 1).all() and (heat[:, :10] == -1).all() and (heat[:, 20:] == -1).all()
    classes = place.classes_back(torch.full((10, 10), 7, dtype=torch.uint8))
    assert (classes[:, 10:20] == 7).all() and (classes[:, :10] == 255).all()


def test_borders_have_no_class_and_classes_never_mix():
    place = Placement.of("pad", (20, 40), (20, 20))
    classes = torch.zeros((20, 40), dtype=torch.uint8)
    classes[:, 20:] = 9
    fitted = place.classes_in(classes)
    assert place.inner_hw == (10, 20) and set(fitted.unique().tolist()) == {0, 9, 255}
    assert (fitted[:5] == 255).all() and (fitted[15:] == 255).all()
    assert torch.equal(place.classes_back(fitted), classes)
