"""IoU against the course's examples and by counting pixels; middles and corners are one box."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import generalized_box_iou

from striate.ops.boxes import areas, from_middles, paired_giou, paired_iou, to_middles

COURSE = [
    ((0, 0, 10, 10), (5, 5, 15, 15), 1 / 7),
    ((0, 0, 10, 10), (0, 0, 10, 5), 0.5),
    ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
    ((0, 0, 10, 10), (20, 20, 30, 30), 0.0),
    ((0, 0, 10, 10), (2, 0, 12, 10), 2 / 3),
]


@pytest.mark.parametrize(("a", "b", "expected"), COURSE)
def test_the_courses_examples(a, b, expected):
    one, other = torch.tensor([a]).float(), torch.tensor([b]).float()
    assert paired_iou(one, other).item() == pytest.approx(expected)
    assert paired_iou(other, one).item() == pytest.approx(expected)


corner = st.integers(0, 12)


@given(st.lists(st.tuples(corner, corner, corner, corner), min_size=2, max_size=2))
def test_iou_is_what_counting_pixels_gives(boxes):
    masks = torch.zeros(2, 12, 12, dtype=torch.bool)
    for mask, (x1, y1, x2, y2) in zip(masks, boxes, strict=True):
        mask[y1:y2, x1:x2] = True
    union = int((masks[0] | masks[1]).sum())
    counted = int((masks[0] & masks[1]).sum()) / union if union else 0.0
    a, b = (torch.tensor([box]).float() for box in boxes)
    assert areas(a).item() == int(masks[0].sum())
    assert paired_iou(a, b).item() == pytest.approx(counted, abs=1e-6)


def test_generalised_iou_is_torchvisions_and_of_points_a_number():
    generator = torch.Generator().manual_seed(0)
    corners = torch.rand(2, 200, 2, 2, generator=generator).sort(dim=2).values.flatten(2)
    expected = generalized_box_iou(*corners).diagonal()
    torch.testing.assert_close(paired_giou(*corners), expected)
    point, square = torch.tensor([[0.0, 0, 0, 0]]), torch.tensor([[1.0, 1, 2, 2]])
    assert paired_giou(point, square).item() == pytest.approx(-3 / 4)  # 3 of the frame's 4 are empty
    assert paired_giou(point, point).item() == 0.0


def test_middles_are_shares_and_height_comes_before_width():
    boxes = torch.tensor([[20.0, 5.0, 60.0, 25.0]])
    assert to_middles(boxes, (50, 200)).tolist() == [pytest.approx([0.2, 0.3, 0.4, 0.2])]


def test_from_middles_is_the_way_back_and_sizes_below_zero_are_nothing():
    boxes = torch.tensor([[20.0, 5.0, 60.0, 25.0], [0.0, 0.0, 200.0, 50.0]])
    assert torch.allclose(from_middles(to_middles(boxes, (50, 200)), (50, 200)), boxes)
    assert from_middles(torch.tensor([[0.5, 0.5, -0.1, -0.2]]), (10, 10)).tolist() == [[5, 5, 5, 5]]
