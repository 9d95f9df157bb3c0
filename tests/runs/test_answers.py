"""Single answers of a run: any name comes back, pictures are known by content."""

from dataclasses import asdict

import pytest

from striate.errors import StriateError
from striate.runs.answers import SavedAnswer, measured, read_answers, saved_answer, write_rows
from striate.runs.folder import RunFolder

ANSWERS = [
    SavedAnswer('a,"b"\n\r\t.png', "cat", "cat", 0.25),
    SavedAnswer("b.png", "cat", "dog", 0.5),
    SavedAnswer("c.png", "dog", "dog", 1.0),
]


@pytest.fixture
def folder(tmp_path):
    made = RunFolder.create(tmp_path, "classify", "x")
    write_rows(made, "predictions.csv", [asdict(one) for one in ANSWERS])
    names = [one.file for one in ANSWERS]
    split = {"train": [], "validation": [], "test": names}
    named = {"data": "x", "fingerprint": "f", "classes": ["cat", "dog"]}
    record = {**named, "split": split, "digests": {"test": ["d1", "d2", "d1"]}, "test_data": None}
    made.write_json("dataset.json", record)
    return made


def test_any_name_comes_back(folder):
    assert read_answers(folder, "predictions.csv") == ANSWERS
    assert [one.right for one in ANSWERS] == [True, False, True]


def test_pictures_are_known_by_content_and_copies_are_counted(folder):
    places = (("d1", 0), ("d2", 0), ("d1", 1))
    expected = {place: (answer.file, answer) for place, answer in zip(places, ANSWERS, strict=True)}
    assert measured(folder, saved_answer) == expected


def test_another_test_set_has_its_own_names(folder):
    record = folder.read_json("dataset.json")
    record["test_data"] = {"data": "y", "fingerprint": "g", "names": ["b.png"], "digests": ["e"]}
    folder.write_json("dataset.json", record)
    assert measured(folder, saved_answer) == {("e", 0): ("b.png", ANSWERS[1])}


@pytest.mark.parametrize("content", ["file,label\na,b\n", "file,label,predicted,probability\na,b,c,x\n", '"'])
def test_a_damaged_table_is_one_line(folder, content):
    (folder / "predictions.csv").write_text(content)
    with pytest.raises(StriateError, match="is damaged"):
        read_answers(folder, "predictions.csv")


def test_a_table_of_another_task_is_one_line(folder):
    with pytest.raises(StriateError, match="it has no column iou"):
        measured(folder, lambda row: row["iou"])
