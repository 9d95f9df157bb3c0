"""A run's record refuses wrong kinds, with the file, the place, what was found and what to do."""

import pytest

from striate.errors import StriateError
from striate.files.writing import write_text
from striate.preprocess.preprocessing import Preprocessing
from striate.runs.folder import RunFolder
from striate.runs.preprocessing import read_preprocessing
from striate.runs.record import RunRecord


@pytest.fixture
def record(tmp_path):
    folder = RunFolder.create(tmp_path, "classify", "x")
    (folder / "metrics.jsonl").write_text("")  # it began
    return RunRecord(folder)


def test_the_preprocessing_survives_the_run(record):
    one = Preprocessing((28, 32), 1, (0.1307,), (0.3081,), "pad")
    write_text(record.folder / "preprocess.json", one.to_json())
    assert read_preprocessing(record) == one


GOOD = Preprocessing((28, 32), 1, (0.25,), (0.5,)).to_json()


WRONG = ["", "{}", "[1]", '{"size_hw": 3}', "null", GOOD.replace("0.5", "0"), GOOD.replace("0.5", "NaN")]
WRONG += [GOOD.replace("28", "1000000"), GOOD.replace("0.25", "0.25, 0.5"), GOOD.replace("0.25", "1e999")]


@pytest.mark.parametrize("text", WRONG)
def test_a_damaged_specification_is_one_clear_line(record, text):
    write_text(record.folder / "preprocess.json", text)
    with pytest.raises(StriateError, match=r"preprocess.json is damaged \(.*\); train the run again\.$"):
        read_preprocessing(record)


@pytest.mark.parametrize("temperature", ["NaN", "0", "-1", "1e-320", "1e999", '"1"', "true", "null", "[1]"])
def test_a_temperature_is_a_positive_number(record, temperature):
    (record.folder / "calibration.json").write_text(f'{{"temperature": {temperature}}}')
    with pytest.raises(StriateError, match=r"calibration.json is damaged \(temperature: .*, got .*\)"):
        _ = record.temperature


@pytest.mark.parametrize("labels", ['["a", "a"]', "[]", '["a", 1]', '{"a": 1}', '"ab"', '["a", ""]'])
def test_labels_are_names_that_each_stand_once(record, labels):
    (record.folder / "labels.json").write_text(labels)
    with pytest.raises(StriateError, match=r"labels\.json is damaged"):
        _ = record.labels


def test_surplus_labels_are_counted_against_the_outputs(record):
    with pytest.raises(StriateError, match="names 3 classes, and the network has 2 outputs"):
        record.require_outputs(("a", "b", "c"), 2)


def test_what_an_older_run_does_not_have_is_not_missed(record):
    record.folder.write_json("engine.json", {"engine": "torch", "precision": "fp32"})
    record.folder.append_metrics({"epoch": 1, "validation_loss": float("nan"), "lr": 1e-3})
    assert record.temperature == 1.0
    assert record.engine.reason is None
    assert record.epochs == ({"epoch": 1, "validation_loss": None, "lr": 1e-3},)
