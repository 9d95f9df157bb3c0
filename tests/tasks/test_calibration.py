"""Temperature: recovered where it is known, harmless where nothing is known."""

import pytest
import torch

from striate.tasks.calibration import fit_temperature


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_a_known_temperature_is_found(true_temperature):
    generator = torch.Generator().manual_seed(4)
    calibrated = torch.randn(20_000, 5, generator=generator, dtype=torch.float64) * 2
    labels = torch.multinomial(calibrated.softmax(1), 1, generator=generator).squeeze(1)
    assert fit_temperature((calibrated * true_temperature).float(), labels) == pytest.approx(
        true_temperature, rel=0.05
    )


def test_without_pictures_nothing_changes():
    assert fit_temperature(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)) == 1.0


def test_a_perfect_network_is_not_made_infinitely_sure():
    assert fit_temperature(torch.eye(3) * 10, torch.arange(3)) >= 1 / 20
