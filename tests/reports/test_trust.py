"""The section on calibration: what is said follows from the figures, and nothing is said without them."""

from dataclasses import asdict

import pytest
from tests.reports.test_run_report import Page

from striate.reports.run import report_html
from striate.runs.answers import SavedAnswer, write_rows

BINS = [
    {"low": 0.2, "high": 0.6, "pictures": 42, "confidence": 0.41, "accuracy": 0.5, "interval": [0.36, 0.64]},
    {"low": 0.6, "high": 1.0, "pictures": 41, "confidence": 0.83, "accuracy": 0.9, "interval": [0.77, 0.96]},
]
COVERAGE = [
    {"threshold": 0.2, "coverage": 1.0, "pictures": 83, "accuracy": 0.7, "interval": [0.6, 0.79]},
    {"threshold": 0.6, "coverage": 0.5, "pictures": 41, "accuracy": 0.9, "interval": [0.77, 0.96]},
]


@pytest.fixture
def page(digits):
    def with_figures(**changed):
        evaluation = digits.read_json("evaluation.json")
        figures = {
            "pictures": 83,
            "confidence": 0.62,
            "by_chance": 0.12,
            "by_chance_high": 0.17,
            "bins": BINS,
            "bins_uncalibrated": BINS,
            "coverage": COVERAGE,
        }
        evaluation["calibration"] = figures | changed
        evaluation["metrics"]["ece"] = 0.16
        digits.write_json("evaluation.json", evaluation)
        digits.write_json(
            "calibration.json",
            {
                "temperature": 0.97,
                "temperature_interval": [0.81, 1.16],
                "pictures": 84,
                "unsure": [{"accuracy": 0.9, "threshold": 0.6}, {"accuracy": 0.99, "threshold": None}],
            },
        )
        names = enumerate([(0.9, "a"), (0.7, "b"), (0.6, "a"), (0.3, "a")])
        answers = [SavedAnswer(f"{n}.png", "a", label, p) for n, (p, label) in names]
        write_rows(digits, "predictions.csv", [asdict(one) for one in answers])
        return Page(report_html(digits)).text.replace("\u00a0", " ")

    return with_figures


def test_the_error_stands_beside_what_chance_gives(page):
    text = page()
    assert "The calibration error is 16.0 %. A perfectly calibrated network would show 12.0 %" in text
    assert "no miscalibration can be seen. With so few pictures" in text
    assert "comes from 84 validation pictures, which leave it between 0.81 and 1.16" in text


def test_a_temperature_at_its_bound_is_named(page, digits):
    page()
    digits.write_json("calibration.json", {"temperature": 0.05, "temperature_at_bound": True, "pictures": 84})
    text = Page(report_html(digits)).text.replace("\u00a0", " ")
    assert "The probabilities could not be fitted" in text
    assert "on 84 validation pictures, so it stands at its bound, 0.05" in text


def test_an_error_beyond_chance_is_called_one(page):
    text = page(pictures=2000, by_chance=0.01, by_chance_high=0.02)
    assert "off by more than chance." in text and "With so few pictures" not in text


def test_thresholds_show_what_they_gave_where_it_was_measured(page):
    text = page()
    assert "90 %0.60075.0 %66.7 % 2 of 3" in text.replace(" 0.600", "0.600")
    assert "84 validation pictures cannot promise it" in text


def test_the_charts_say_their_points(digits, page):
    page()
    labels = [svg["aria-label"] for svg in Page(report_html(digits)).all("svg")]
    assert (
        "Reliability: stated 41.0\u00a0%, right 50.0\u00a0%; stated 83.0\u00a0%, right 90.0\u00a0%." in labels
    )
    assert any(label.startswith("Accuracy over coverage: 90.0\u00a0% right at 50.0") for label in labels)


@pytest.mark.parametrize("bins", [None, [], "x", [{"confidence": None}], [3]])
def test_without_figures_there_is_no_section(page, bins):
    assert "How far to trust" not in page(bins=bins)


def test_a_run_that_measured_nothing_says_so_and_shows_no_empty_sections(digits):
    evaluation, result = digits.read_json("evaluation.json"), digits.read_json("result.json")
    none = dict.fromkeys(evaluation["metrics"])
    digits.write_json(
        "evaluation.json",
        evaluation | {"pictures": 0, "split": "validation", "metrics": none, "mistakes": []},
    )
    counts = {"train": 4, "validation": 0, "test": 0, "skipped": 0}
    digits.write_json("result.json", result | {"pictures": counts, "split": "validation", "metrics": none})
    text = Page(report_html(digits)).text
    assert "was not measured: every picture was needed for training" in text
    for absent in ("probably too good", "Most confident mistakes", "What is confused", "Class by class"):
        assert absent not in text
    assert "Accuracy on the training pictures" in text and "Validation accuracy" not in text


def test_notes_are_no_warnings_and_warnings_are(digits):
    record = digits.read_json("dataset.json")
    digits.write_json("dataset.json", record | {"notes": ["2 files ignored", "warning: a leak"]})
    text = report_html(digits)
    assert "<li>2 files ignored</li>" in text and '<p class="notice" role="note">a leak</p>' in text
