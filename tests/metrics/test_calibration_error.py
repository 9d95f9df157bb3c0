"""Calibration error counted by hand."""

import pytest
import torch

from striate.metrics.calibration_error import expected_calibration_error


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
