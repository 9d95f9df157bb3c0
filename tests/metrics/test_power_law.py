"""Errors that follow a power law are continued as it says."""

import torch

from striate.metrics.power_law import expected_growth


def right(share, n=1000):
    return (torch.arange(n) >= round(share * n))[None]  # `share` of n are wrong


def test_an_error_that_halves_with_four_times_the_pictures_goes_on_to_do_so():
    points = expected_growth([100, 400, 1600], [right(0.4), right(0.2), right(0.1)], [6400])
    assert abs(points[0].accuracy - 0.95) < 1e-6
    low, high = points[0].interval
    assert low < points[0].accuracy < high and high - low < 0.1


def test_fewer_measured_pictures_make_a_wider_interval():
    many = expected_growth([100, 400], [right(0.4), right(0.2)], [1600])[0].interval
    few = expected_growth([100, 400], [right(0.4, 50), right(0.2, 50)], [1600])[0].interval
    assert few[1] - few[0] > 2 * (many[1] - many[0])


def test_more_pictures_are_never_expected_to_do_harm():
    found = expected_growth([100, 400], [right(0.2), right(0.3)], [1600, 3200])
    assert found[0].accuracy == found[1].accuracy <= 0.8
