"""Calibration error counted by hand."""

import pytest
import torch

from striate.metrics.calibration_error import (
    calibration_error_by_chance,
    expected_calibration_error,
    reliability_bins,
)


def probabilities(*confidences):
    return torch.tensor([[c, 1 - c] for c in confidences])


def test_four_pictures_in_two_bins_by_hand():
    # 0.9 and 0.92 share a bin (of 10), one right: |0.5 - 0.91|;
    # 0.6 and 0.58 share one, both right: |1 - 0.59|
    found = expected_calibration_error(
        probabilities(0.9, 0.92, 0.6, 0.58), torch.tensor([0, 1, 0, 0]), bins=5
    )
    assert found == pytest.approx((2 * 0.41 + 2 * 0.41) / 4, abs=1e-6)


def test_certain_and_right_is_calibrated():
    assert expected_calibration_error(probabilities(1.0, 1.0), torch.tensor([0, 0])) == 0


def test_certain_and_wrong_is_as_bad_as_can_be():
    assert expected_calibration_error(probabilities(1.0, 1.0), torch.tensor([1, 1])) == 1


def test_no_pictures_have_no_error():
    assert expected_calibration_error(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)) == 0


def test_chance_alone_gives_many_bins_an_error_that_can_be_counted():
    # One picture that states 0.8: wrong by 0.2 with chance 0.8, by 0.8 with chance 0.2, so 0.32 on average.
    mean, high = calibration_error_by_chance(torch.tensor([0.8]))
    assert mean == pytest.approx(0.32, abs=0.02) and high == pytest.approx(0.8)


def test_what_chance_gives_shrinks_with_more_pictures_and_is_exceeded_in_five_of_a_hundred():
    generator = torch.Generator().manual_seed(1)
    confidence = torch.rand(80, generator=generator, dtype=torch.float64) * 0.7 + 0.3
    mean, high = calibration_error_by_chance(confidence, seed=5)
    assert calibration_error_by_chance(confidence.repeat(100), seed=5)[0] < mean / 5
    errors = []
    for _ in range(400):  # naive: a network whose every answer is right as often as it says
        right = torch.rand(80, generator=generator, dtype=torch.float64) < confidence
        bins: dict[int, list[float]] = {}
        for c, r in zip(confidence.tolist(), right.tolist(), strict=True):
            bins.setdefault(min(14, int(c * 15)), []).append(r - c)
        errors.append(sum(abs(sum(one)) for one in bins.values()) / 80)
    assert sum(errors) / 400 == pytest.approx(mean, rel=0.05)
    assert 0.01 < sum(error > high for error in errors) / 400 < 0.1


def test_bins_of_equally_many_pictures_by_hand():
    confidence = torch.tensor([0.9, 0.3, 0.5, 0.7])
    found = reliability_bins(confidence, torch.tensor([True, False, True, False]), each=2)
    assert [(one.pictures, one.accuracy) for one in found] == [(2, 0.5), (2, 0.5)]
    assert [one.confidence for one in found] == pytest.approx([0.4, 0.8])
    assert (found[0].low, found[0].high) == pytest.approx((0.3, 0.5))
    assert reliability_bins(torch.zeros(0), torch.zeros(0, dtype=torch.bool)) == []


def test_no_bin_has_few_pictures():
    found = reliability_bins(torch.linspace(0.1, 1, 83), torch.ones(83, dtype=torch.bool))
    assert [one.pictures for one in found] == [21, 21, 21, 20]
