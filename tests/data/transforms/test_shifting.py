"""Whole-pixel shifts and flips of a batch, against a loop over single pixels."""

import pytest
import torch

from striate.data.transforms.shifting import read_shifted


def by_hand(picture, corner, flips, fill):
    """Every pixel looked up alone."""
    height, width = picture.shape[1:]
    seen = torch.zeros_like(picture)
    for y in range(height):
        for x in range(width):
            across = corner[0] + (width - 1 - x if flips[0] else x)
            down = corner[1] + (height - 1 - y if flips[1] else y)
            if fill == "constant" and not (0 <= across < width and 0 <= down < height):
                continue
            place = []
            for at, length in ((down, height), (across, width)):
                found = at % length if fill == "wrap" else at
                while fill == "reflect" and not 0 <= found < length:
                    found = -1 - found if found < 0 else 2 * length - 1 - found
                place.append(min(max(found, 0), length - 1))
            seen[:, y, x] = picture[:, place[0], place[1]]
    return seen


@pytest.mark.parametrize("fill", ["nearest", "reflect", "wrap", "constant"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_pixel_comes_from_where_the_shift_says(fill, channels):
    pictures = torch.randint(0, 256, (5, channels, 6, 7), dtype=torch.uint8)
    rows = torch.tensor([4, 0, 0, 2])
    corners = torch.tensor([[0, 0], [-2, 3], [9, -8], [1, 0]])
    flips = torch.tensor([[False, False], [True, False], [True, True], [False, True]])
    seen = read_shifted(pictures, rows, corners, flips, fill)
    for number, row in enumerate(rows.tolist()):
        expected = by_hand(pictures[row], corners[number].tolist(), flips[number].tolist(), fill)
        assert torch.equal(seen[number], expected)
