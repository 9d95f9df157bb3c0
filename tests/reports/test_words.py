"""Numbers as a reader sees them; every expectation is written by hand."""

import math

import pytest

from striate.reports import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.989, "98.9 %"),
        (1.0, "100.0 %"),
        (0.9999, "99.99 %"),
        (0.0, "0.0 %"),
        (0.0004, "0.04 %"),
        (1, "100.0 %"),
    ],
)
def test_a_percentage_never_rounds_to_all_or_nothing(value, text):
    assert words.percent(value) == text.replace(" ", "\u00a0")


def test_a_loss_of_nothing_has_no_sign():
    assert words.decimal(-0.0, 4) == words.decimal(-1e-9, 4) == "0.0000"


@pytest.mark.parametrize("value", [None, math.nan, math.inf, "0.5", True])
def test_what_is_no_number_is_a_dash(value):
    assert {words.percent(value), words.decimal(value), words.short(value), words.duration(value)} == {"–"}


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-4, "0.0001"), (0.45678, "0.457"), (999.4, "999"), (1113.6, "1,114"), (-2e6, "-2,000,000")],
)
def test_a_short_number_has_no_power_of_ten_above_one(value, text):
    assert words.short(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (41.3, "41 s"),
        (59.7, "1 min"),
        (725, "12 min 5 s"),
        (7380, "2 h 3 min"),
        (3599.6, "1 h"),
    ],
)
def test_durations(seconds, text):
    assert words.duration(seconds).replace("\u00a0", " ") == text


def test_a_long_name_is_cut_for_a_heading():
    assert words.brief("resnet18") == "resnet18"
    assert words.brief("C" * 40) == "C" * 40
    assert words.brief("abcdefgh", most=5) == "abcd…"


def test_dates_are_read_or_left():
    assert words.date("2025-05-12T14:03:22") == "12 May 2025, 14:03"
    assert words.date("yesterday") == "yesterday"


def test_settings_in_one_line():
    assert words.setting(True) == "yes"
    assert words.setting([1, 0.5, "a"]) == "1, 0.5, a"
    assert words.setting({"name": "x", "threads": 2}) == "name x, threads 2"


def test_counts_and_plurals():
    assert words.count(1234567) == "1,234,567"
    assert words.plural(1, "class", "classes") == "1\u00a0class"
    assert words.plural(2000, "class", "classes") == "2,000\u00a0classes"


def test_a_figure_has_its_interval_or_nothing():
    metrics = {"iou": 0.5, "iou_interval": [0.25, None], "lost": "x", "bare": 1}
    assert words.measured(metrics, "iou") == {"value": 0.5, "low": 0.25, "high": None}
    assert words.measured(metrics, "bare") == {"value": 1, "low": None, "high": None}
    for name in ("lost", "absent"):
        assert words.measured(metrics, name) == {"value": None, "low": None, "high": None}
