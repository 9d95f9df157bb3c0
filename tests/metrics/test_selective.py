"""Abstention: coverage, accuracy and thresholds, counted by hand and by naive loops."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.metrics.selective import coverage_at, coverage_curve, pictures_needed, threshold_for

CONFIDENCE = torch.tensor([0.9, 0.8, 0.8, 0.6, 0.5])
RIGHT = torch.tensor([True, True, False, True, False])
answers = st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.7, 0.9, 0.95]), st.booleans()), max_size=30)


def test_answers_below_the_threshold_do_not_count():
    point = coverage_at(CONFIDENCE, RIGHT, 0.8)
    assert (point.pictures, point.coverage) == (3, pytest.approx(0.6))
    assert point.accuracy == pytest.approx(2 / 3)
    assert coverage_at(CONFIDENCE, RIGHT, 0.99).accuracy is None


def test_the_curve_begins_with_every_picture_and_keeps_equals_together():
    points = coverage_curve(CONFIDENCE, RIGHT, points=5)
    assert [point.pictures for point in points] == [5, 4, 3, 1]  # the two of 0.8 come together
    assert [point.accuracy for point in points] == pytest.approx([3 / 5, 3 / 4, 2 / 3, 1])
    assert coverage_curve(torch.zeros(0), torch.zeros(0, dtype=torch.bool)) == []


def test_three_right_of_three_promise_four_of_five():
    assert threshold_for([0.9, 0.8, 0.7], [True, True, True], 0.8) == 0.7
    assert threshold_for([0.9, 0.8, 0.7], [True, True, True], 0.81) is None
    assert threshold_for([0.9, 0.8, 0.7], [True, True, False], 0.75) == 0.8


@given(answers, st.sampled_from([0.5, 0.6, 0.75, 0.9]))
def test_the_threshold_is_the_lowest_that_keeps_the_promise(given, wanted):
    kept = {t: [hit for value, hit in given if value >= t] for t, _ in given}
    fitting = [t for t, hits in kept.items() if (sum(hits) + 1) / (len(hits) + 2) >= wanted]
    found = threshold_for([value for value, _ in given], [hit for _, hit in given], wanted)
    assert found == (min(fitting) if fitting else None)


@pytest.mark.parametrize(("wanted", "count"), [(0.9, 8), (0.95, 18), (0.99, 98)])
def test_how_many_right_answers_a_promise_needs(wanted, count):
    assert pictures_needed(wanted) == count
    assert threshold_for([0.5] * count, [True] * count, wanted) == 0.5
    assert threshold_for([0.5] * (count - 1), [True] * (count - 1), wanted) is None
