"""Charts are text: what they place is read back from it and compared with arithmetic by hand."""

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.drawing.svg.charts import Frame, Line, Span, interval_bar, line_chart, nice_ticks, tick_text


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_cover_the_range_in_equal_round_steps(low, width):
    ticks = nice_ticks(low, low + width)
    step = ticks[1] - ticks[0]
    slack = step * 1e-4
    assert ticks[0] <= low + slack
    assert ticks[-1] >= low + width - slack
    assert 2 <= len(ticks) <= 8
    assert all(b - a == pytest.approx(step, rel=1e-3) for a, b in pairwise(ticks))


def test_ticks_by_hand():
    assert nice_ticks(0, 1.17) == [0.0, 0.5, 1.0, 1.5]
    assert nice_ticks(0, 0.01) == [0.0, 0.0025, 0.005, 0.0075, 0.01]


@given(st.floats(-1e299, 1e299), st.floats(0, 1e299) | st.floats(0, 1e-290))
def test_ticks_differ_over_every_range_that_a_curve_can_have(low, width):
    ticks = nice_ticks(low, low + width)
    assert all(a < b for a, b in pairwise(ticks))
    assert 2 <= len(ticks) <= 8


@pytest.mark.parametrize("value", [0.0, 1e-30, 5e-324, 1e-12, -1e-30, 1e20, 1e308])
def test_a_flat_curve_is_drawn_at_one_height(value):
    """A learning rate of 1e-30 that never changes: steps of its axis are no multiples of 1e-12."""
    drawn = line_chart("rate", [Line("", [value] * 3)])
    heights = re.findall(r"[ML][\d.]+ ([\d.]+)", drawn)
    if value == 1e308:  # beyond what can be drawn
        assert drawn == ""
    else:
        assert len(heights) == 3 and len(set(heights)) == 1
        assert 26 <= float(heights[0]) <= 216  # within the frame


@pytest.mark.parametrize(
    ("value", "step", "unit", "text"),
    [
        (0.985, 0.005, "percent", "98.5\u00a0%"),
        (0.9, 0.1, "percent", "90\u00a0%"),
        (0.25, 0.05, "number", "0.25"),
        (0.00025, 0.00005, "number", "0.00025"),
    ],
)
def test_a_tick_has_the_decimals_that_its_step_needs(value, step, unit, text):
    assert tick_text(value, step, unit) == text


def test_a_frame_puts_its_ranges_on_its_edges():
    frame = Frame(10, 20, 110, 220, (1, 11), (0, 4))
    assert (frame.x(1), frame.x(11), frame.x(6)) == (10, 110, 60)
    assert (frame.y(0), frame.y(4), frame.y(1)) == (220, 20, 170)


def test_a_higher_value_is_drawn_higher_and_a_later_one_further_right():
    chart = line_chart("Loss", [Line("training", [1.0, 0.5, 0.75])])
    (path,) = re.findall(r'<path d="([^"]+)"', chart)
    (x1, y1), (x2, y2), (x3, y3) = (
        (float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)
    )
    assert x1 < x2 < x3
    assert y1 < y3 < y2
    assert y3 == pytest.approx((y1 + y2) / 2, abs=0.11)


def test_values_that_are_missing_or_not_finite_leave_a_gap():
    chart = line_chart("Loss", [Line("training", [1.0, None, math.nan, 0.5, math.inf, 0.4])])
    (path,) = re.findall(r'<path d="([^"]+)"', chart)
    assert path.count("M") == 3
    assert "nan" not in chart
    assert "inf" not in chart


def test_nothing_to_draw_is_an_empty_text():
    assert line_chart("Loss", []) == ""
    assert line_chart("Loss", [Line("training", [None, math.nan])]) == ""


def test_one_epoch_is_a_visible_point():
    chart = line_chart("Loss", [Line("training", [0.5])])
    assert 'r="4"' in chart


def test_stages_are_separated_once_and_named_and_the_best_epoch_is_marked():
    spans = [Span("head", 1, 2), Span("all <b>", 3, 8)]
    chart = line_chart("Loss", [Line("v", [0.1] * 8)], spans=spans, marked=7)
    assert chart.count("stroke-dasharray:3 3") == 1
    assert ">head</text>" in chart
    assert "all &lt;b&gt;" in chart
    assert ">best</text>" in chart
    assert "v, epoch 7: 0.1000" in chart


def test_names_at_the_lines_ends_do_not_overlap():
    chart = line_chart(
        "Loss", [Line("training", [1.0, 0.5]), Line("validation", [1.0, 0.5]), Line("third", [1.0, 0.0])]
    )
    heights = sorted(float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>(?:training|validation|third)<', chart))
    assert len(heights) == 3
    assert all(b - a >= 13.9 for a, b in pairwise(heights))


def test_interval_bars_can_share_a_scale():
    alone, together = (interval_bar(0.96, 0.95, 0.97, "96 %", least=least) for least in (None, 0.3))
    assert "95.0\u00a0%" in alone and "0.0\u00a0%" in together
    assert alone != together


def test_the_interval_bar_has_its_point_between_its_ends():
    bar = interval_bar(0.96, 0.95, 0.97, "96 %")
    (start, width), (point,) = (
        re.findall(r'<rect x="([\d.]+)" y="11" width="([\d.]+)"', bar)[0],
        re.findall(r'cx="([\d.]+)"', bar),
    )
    assert float(start) + float(width) / 2 == pytest.approx(float(point), abs=0.1)
    assert "95.0\u00a0%" in bar
