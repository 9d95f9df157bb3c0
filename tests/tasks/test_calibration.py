"""Temperature: recovered where it is known, harmless where nothing is known."""

import pytest
import torch

from striate.tasks.calibration import fit_temperature, temperature_interval


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


def test_the_temperature_is_the_best_of_a_naive_grid():
    generator = torch.Generator().manual_seed(2)
    scores = torch.randn(60, 4, generator=generator) * 3
    labels = torch.where(torch.rand(60, generator=generator) < 0.7, scores.argmax(1), torch.arange(60) % 4)

    def brier(temperature):
        wanted = torch.full((60, 4), 1 / 62 / 3, dtype=torch.float64)
        wanted[torch.arange(60), labels] = 61 / 62
        return float(((scores.double() / temperature).softmax(1) - wanted).square().sum())

    grid = [0.05 * 1.01**step for step in range(600)]
    assert fit_temperature(scores, labels) == pytest.approx(min(grid, key=brier), rel=0.011)


def test_the_interval_holds_the_true_temperature_about_as_often_as_it_says():
    generator = torch.Generator().manual_seed(3)
    held = 0
    for _ in range(100):
        true = torch.randn(150, 4, generator=generator, dtype=torch.float64) * 2
        labels = torch.multinomial(true.softmax(1), 1, generator=generator).squeeze(1)
        scores = (true * 2).float()
        low, high = temperature_interval(scores, labels, fit_temperature(scores, labels))
        held += low <= 2 <= high
    assert held >= 88


def test_without_pictures_any_temperature_is_possible():
    assert temperature_interval(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64), 1.0) == (1 / 20, 20)
