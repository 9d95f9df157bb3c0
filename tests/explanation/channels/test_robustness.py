"""Small random moves, held against slices and turns of arrays."""

import torch

from striate.explanation.channels.robustness import Robustness, move_a_little

STILL = Robustness(shift=0, scale=(1.0, 1.0), degrees=0)


def move(pictures, robustness, seed=0):
    return move_a_little(pictures, robustness, torch.Generator().manual_seed(seed))


def test_nothing_moves_without_ranges():
    pictures = torch.rand(2, 3, 9, 7)
    assert torch.allclose(move(pictures, STILL), pictures, atol=1e-6)


def test_a_factor_of_two_shows_the_middle_half():
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    seen = move(ramp, Robustness(shift=0, scale=(2.0, 2.0), degrees=0))
    assert torch.allclose(seen[0, 0, 0], 3.5 + (torch.arange(8.0) - 3.5) / 2, atol=1e-4)


def test_a_turn_in_a_wide_picture_is_one_of_pixels():
    height, width = 21, 41
    rows, columns = torch.meshgrid(torch.arange(height) - 10.0, torch.arange(width) - 20.0, indexing="ij")
    disc = ((rows**2 + columns**2) < 36).float()[None, None]
    turned = move(disc, Robustness(shift=0, scale=(1.0, 1.0), degrees=45), seed=5)
    assert float((turned - disc).abs().mean()) < 0.02  # a disc stays a disc, but for its edge
    assert not torch.equal(turned, disc)


def test_shifts_stay_within_their_range_and_go_both_ways():
    point = torch.zeros(1, 1, 1, 41)
    point[..., 20] = 1
    places = torch.arange(41.0)
    moved = []
    for seed in range(60):
        seen = move(point, Robustness(shift=5, scale=(1.0, 1.0), degrees=0), seed)[0, 0, 0]
        moved.append(float((seen * places).sum() / seen.sum()) - 20)
    assert max(moved) <= 5.01
    assert min(moved) >= -5.01
    assert max(moved) > 3
    assert min(moved) < -3


def test_all_pictures_of_a_batch_move_alike_and_gradients_reach_them():
    picture = torch.rand(1, 1, 8, 8)
    both = torch.cat([picture, picture]).requires_grad_()
    seen = move(both, Robustness())
    assert torch.equal(seen[0], seen[1])
    seen.sum().backward()
    assert float(both.grad.abs().sum()) > 0
