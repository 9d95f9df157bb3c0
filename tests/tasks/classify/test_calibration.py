"""Temperature: recovered where it is known, harmless where nothing is known."""

import pytest
import torch

from striate.tasks.classify.calibration import at_bound, fit_temperature, temperature_interval


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


def test_the_mean_confidence_is_the_share_of_right_answers():
    generator = torch.Generator().manual_seed(2)
    scores = torch.randn(60, 4, generator=generator) * 3
    labels = torch.where(torch.rand(60, generator=generator) < 0.7, scores.argmax(1), torch.arange(60) % 4)
    right = int((scores.argmax(1) == labels).sum())
    confidence = (scores.double() / fit_temperature(scores, labels)).softmax(1).max(1).values
    assert 0 < right < 60
    assert float(confidence.mean()) == pytest.approx((right + 0.5) / 61, abs=1e-5)


def test_four_confident_mistakes_of_900_do_not_make_the_others_certain():
    """What the demo's network did: a criterion of squares fell without end as T fell."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(900) % 10
    scores = torch.nn.functional.one_hot(labels, 10) * 8.0 + torch.randn(900, 10, generator=generator)
    scores[:4] = scores[:4].roll(1, dims=1)
    temperature = fit_temperature(scores, labels)
    confidence = (scores.double() / temperature).softmax(1).max(1).values.mean()
    assert not at_bound(temperature)
    assert float(confidence) == pytest.approx(896 / 900, abs=1e-3)


def test_a_fit_at_the_bound_is_recognised():
    right, wrong = torch.eye(3), torch.eye(3).roll(1, dims=1)
    sure = fit_temperature(right * 1e-3, torch.arange(3))
    hopeless = fit_temperature(wrong * 1e3, torch.arange(3))
    assert (sure, hopeless) == (pytest.approx(1 / 20), pytest.approx(20))
    assert at_bound(sure)
    assert at_bound(hopeless)
    assert not at_bound(1.0)


@pytest.mark.parametrize("pictures", [20, 150])
def test_the_interval_holds_the_true_temperature_about_as_often_as_it_says(pictures):
    generator = torch.Generator().manual_seed(3)
    held = 0
    for _ in range(200):
        true = torch.randn(pictures, 4, generator=generator, dtype=torch.float64) * 2
        labels = torch.multinomial(true.softmax(1), 1, generator=generator).squeeze(1)
        scores = (true * 2).float()
        temperature = fit_temperature(scores, labels)
        low, high = temperature_interval(scores, labels, temperature)
        assert low <= temperature <= high
        held += low <= 2 <= high
    assert 180 <= held < 200


def test_without_a_mistake_only_the_upper_end_is_known():
    labels = torch.arange(30) % 3
    scores = torch.nn.functional.one_hot(labels, 3) * 4.0
    low, high = temperature_interval(scores, labels, fit_temperature(scores, labels))
    assert low == pytest.approx(1 / 20)
    # 30 of 30: a share of 0.886 still gives that in 1 of 40 cases (Wilson); three classes, one score of 4.
    assert (1 + 2 * torch.tensor(-4 / high).exp()) ** -1 == pytest.approx(0.8865, abs=1e-3)


def test_without_pictures_any_temperature_is_possible():
    assert temperature_interval(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64), 1.0) == (1 / 20, 20)
