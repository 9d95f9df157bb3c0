"""Distances of points, and how many are near enough, by hand."""

import torch

from striate.metrics.point_distance import distances, within

SAID = torch.tensor([[[3.0, 4.0], [0.0, 10.0]], [[1.0, 1.0], [2.0, 0.0]]])
TRUE = torch.tensor([[[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]])


def test_distances_are_pythagoras():
    assert distances(SAID, TRUE).tolist() == [[5.0, 10.0], [0.0, 2.0]]


def test_within_counts_shares_of_each_pictures_size():
    sizes = torch.tensor([[100.0], [20.0]])
    assert within(distances(SAID, TRUE), sizes, 0.05).tolist() == [[True, False], [True, False]]
    assert within(distances(SAID, TRUE), sizes, 0.1).tolist() == [[True, True], [True, True]]
