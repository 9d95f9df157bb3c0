"""Where points of the calibration charts lie, read back from the SVG."""

import re

import pytest

from striate.drawing.svg.calibration_charts import coverage_chart, reliability_diagram


def centres(svg):
    return [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)]


def test_what_is_true_as_stated_lies_on_the_diagonal():
    svg = reliability_diagram([(0.25, 0.25, (0.1, 0.4)), (0.75, 0.75, (0.6, 0.9))], [(0.5, 0.5)])
    left, top, right, bottom = 48, 12, 400, 268
    for x, y in centres(svg):
        assert (x - left) / (right - left) == pytest.approx((bottom - y) / (bottom - top), abs=1e-3)
    assert len(centres(svg)) == 3


def test_a_network_that_is_right_more_often_than_it_says_lies_above():
    ((_, low), (_, high)) = centres(reliability_diagram([(0.5, 0.9, (0.8, 1.0))], [(0.5, 0.5)]))
    assert high < low  # pixels count downwards, the ring comes first


def test_coverage_runs_to_the_right_and_accuracy_up():
    points = [(0.5, 1.0, (0.9, 1.0)), (1.0, 0.8, (0.7, 0.9))]
    (x1, y1), (x2, y2) = centres(coverage_chart(points))
    assert x1 < x2 and y1 < y2 and coverage_chart([]) == ""


@pytest.mark.parametrize("low", [0.2, 0.981, 0.9912, 0.9991, 1.0])
def test_no_two_lines_of_the_accuracy_axis_have_the_same_label(low):
    svg = coverage_chart([(0.5, 1.0, (low, 1.0)), (1.0, 1.0, (low, 1.0))])
    labels = re.findall(r'text-anchor="end"[^>]*>([\d.]+)\u00a0%<', svg)
    ends = [float(x) for x in re.findall(r'<text x="([\d.]+)" y="[\d.]+" text-anchor="end"', svg)]
    assert min(ends) >= 6.5 * max(len(label) + 2 for label in labels)  # letters of 12 pixels
    places = [float(y) for y in re.findall(r'y="([\d.]+)" text-anchor="end"', svg)]
    assert len(set(labels)) == len(labels) >= 2
    values = [float(label) for label in labels]
    slopes = {
        (y2 - y1) / (b - a) for a, b, y1, y2 in zip(values, values[1:], places, places[1:], strict=False)
    }
    assert max(slopes) == pytest.approx(min(slopes), rel=0.02)  # so that they say where the lines are
