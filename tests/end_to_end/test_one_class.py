"""Pictures of one class: enough to measure a network on, not to train one."""

import pytest
from tests.conftest import write_digits

from striate.actions.evaluate import evaluate
from striate.actions.train import train
from striate.errors import StriateError


def test_one_class_is_measured_and_its_recall_is_the_share_of_right_answers(digits_run, tmp_path):
    ones = write_digits(tmp_path / "ones", "1", 10, first=60)
    found = evaluate(digits_run, ones)
    right = sum(answer.label == "digit 1" for answer in found.answers)
    assert len(found.names) == 10
    assert found.per_class["digit 1"]["recall"] == pytest.approx(right / 10)
    assert found.metrics["accuracy"] == pytest.approx(right / 10)


def test_a_training_is_measured_on_one_class_elsewhere(digits, tmp_path):
    ones = write_digits(tmp_path / "ones", "1", 10, first=60)
    run = train(digits, test=ones, model="lenet5", epochs=1, out=tmp_path / "runs")
    assert run.result["pictures"]["test"] == 10
    assert (run.path / "report.html").is_file()


def test_one_class_is_too_little_to_train_on(tmp_path):
    with pytest.raises(StriateError, match="only one class with pictures"):
        train(write_digits(tmp_path / "ones", "1", 10), out=tmp_path / "runs")
