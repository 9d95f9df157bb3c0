"""What boxes lack of overlapping, by hand; the gradient leads to the truth from anywhere."""

import pytest
import torch

from striate.losses.overlap import lack_of_overlap


def boxes(*rows):
    return torch.tensor(rows, dtype=torch.float32)


def test_values_by_hand():
    true = boxes([0, 0, 2, 2])
    assert lack_of_overlap(true, true).item() == 0
    # Half beside: 2 of 6 shared, the frame of 6 is full.
    assert lack_of_overlap(boxes([1, 0, 3, 2]), true).item() == pytest.approx(1 - 1 / 3)
    # One apart: nothing shared, 2 of the frame's 10 are empty.
    assert lack_of_overlap(boxes([3, 0, 5, 2]), true).item() == pytest.approx(1 + 2 / 10)


@pytest.mark.parametrize("start", [[4.0, 4, 5, 5], [0.5, 0.5, 0.6, 0.6], [-9.0, 0, -1, 2]])
def test_descending_ends_on_the_truth(start):
    said, true = boxes(start).requires_grad_(), boxes([0, 0, 2, 2])
    optimizer = torch.optim.Adam([said], lr=0.1)
    for _ in range(500):
        optimizer.zero_grad()
        lack_of_overlap(said, true).sum().backward()
        optimizer.step()
    torch.testing.assert_close(said.detach(), true, atol=0.2, rtol=0)


def test_the_same_shares_of_small_and_large_boxes_cost_the_same():
    near, far = boxes([0, 0, 2, 2], [0, 0, 200, 200]), boxes([1, 0, 3, 2], [100, 0, 300, 200])
    small, large = lack_of_overlap(near, far)
    assert small.item() == pytest.approx(large.item())
