"""The demonstration keeps what the README promises."""

import pytest

import striate


@pytest.mark.promise
def test_the_demo_reaches_98_percent_on_digits_it_never_saw(tmp_path):
    shown = striate.demo(out=tmp_path)
    result = shown.run.result
    assert result["pictures"] == {"train": 5100, "validation": 900, "test": 2000, "skipped": 0}
    assert result["split"] == "test"
    assert result["metrics"]["accuracy"] >= 0.98
    assert (shown.run.path / "report.html").is_file()
    answers = [(prediction.file[-5], prediction.answer.label) for prediction in shown.predictions]
    assert [truth for truth, _ in answers] == list("02468")
    assert sum(truth == label for truth, label in answers) >= 4
