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


def test_a_network_without_a_mistake_stays_believable_on_other_pictures():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(400) % 3
    scores = torch.nn.functional.one_hot(labels, 3) * 3.0 + torch.randn(400, 3, generator=generator)
    right = scores.argmax(1) == labels
    first = torch.nonzero(right).flatten()[:24]  # a small validation part that happens to hold no mistake
    rest = torch.ones(400, dtype=torch.bool).index_fill_(0, first, False)
    temperature = fit_temperature(scores[first], labels[first])
    before = torch.nn.functional.cross_entropy(scores[rest], labels[rest])
    after = torch.nn.functional.cross_entropy(scores[rest] / temperature, labels[rest])
    assert after < before * 1.1
    # Bayes: unit noise around 3 and 0 makes 3 x the score the true logit, so the true temperature is 1/3.
    assert 1 / 6 < temperature < 1
