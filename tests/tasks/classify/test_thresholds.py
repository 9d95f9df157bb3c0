"""Thresholds a class: each from its own answers, careful where they are few."""

import pytest

from striate.errors import StriateError
from striate.runs.answers import SavedAnswer
from striate.tasks.classify.thresholds import class_thresholds, overall_threshold


def answers(label, *rows):
    return [SavedAnswer(f"{p}.png", label if hit else "other", label, p) for p, hit in rows]


CATS = answers("cat", *[(0.5 + 0.05 * n, True) for n in range(9)])
DOGS = answers("dog", *[(0.5 + 0.05 * n, n > 6) for n in range(9)])


def test_a_class_that_is_always_right_needs_no_high_probability():
    found = class_thresholds(CATS + DOGS, ["cat", "dog", "emu"], 0.75)
    assert found["cat"] == pytest.approx(0.5)
    assert found["dog"] == pytest.approx(0.85)  # two right answers from there on: 3 of 4
    assert found["emu"] == overall_threshold(CATS + DOGS, 0.75)


def test_a_class_that_cannot_keep_the_promise_is_asked_for_more_than_its_surest_mistake():
    found = class_thresholds(CATS + answers("dog", (0.97, False), (0.6, True)), ["cat", "dog"], 0.8)
    assert found["dog"] == pytest.approx(0.97)


def test_what_validation_cannot_promise_is_refused_with_the_number_that_would_do():
    with pytest.raises(StriateError, match=r"99 % .* validation has 9 pictures \(at least 98 right"):
        class_thresholds(CATS, ["cat"], 0.99)
