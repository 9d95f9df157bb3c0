"""`check` of boxes and landmarks: recognised, read as what they are, and refused what is of classes only."""

import json
import shutil

import pytest
from tests.cli.test_commands import striate  # noqa: F401
from tests.conftest import write_digits

from striate.actions.check import check
from striate.cli.text.audit_text import audit_lines
from striate.errors import StriateError
from striate.events import Note
from striate.inference.network_of_run import task_of
from striate.runs.record import RunRecord
from striate.tasks.locate.task import LOCATE

BOXES = """image,x1,y1,x2,y2,label
0.png,2,2,20,20,cat
0.png,4,4,9,9,dog
1.png,2,2,60,20,dog
2.png,2,2,20,20,cat
3.png,,,,,
"""
POINTS = "image,x1,y1,x2,y2,x3,y3,label\n" + "".join(f"{n}.png,1,2,3,4,5,6,cat\n" for n in range(4))


@pytest.fixture
def pictures(tmp_path):
    """Four different pictures of 28 pixels in one folder, the third a copy of the first."""
    made = sorted(write_digits(tmp_path / "made", "01", 2).rglob("*.png"))
    folder = tmp_path / "scenes"
    folder.mkdir()
    for number, source in enumerate(made):
        shutil.copy(source, folder / f"{number}.png")
    shutil.copy(folder / "0.png", folder / "2.png")
    return folder


def test_a_table_of_boxes_is_checked_as_one_of_objects(pictures):
    """It once counted every line as a picture with the label that stands there."""
    (pictures / "boxes.csv").write_text(BOXES)
    heard = []
    audit = check(pictures / "boxes.csv", on_event=heard.append)
    said = [event.text for event in heard if isinstance(event, Note)]
    assert any("--task locate" in text for text in said)
    assert audit.pictures == 4 and audit.classes == {"cat": 2, "dog": 1}
    (wrong,) = audit.problems.annotations
    assert wrong.file == "boxes.csv, line 4" and "reaches outside" in wrong.reason
    assert audit.problems.duplicates == (("0.png", "2.png"),) and not audit.problems.label_conflicts
    assert any("several objects" in note for note in audit.notes)
    assert any("without an object" in note for note in audit.notes)
    assert "annotations" in audit.to_dict()["problems"]


def test_copies_with_objects_of_two_classes_contradict_each_other(pictures):
    (pictures / "boxes.csv").write_text(BOXES.replace("2.png,2,2,20,20,cat", "2.png,2,2,20,20,dog"))
    assert check(pictures / "boxes.csv").problems.label_conflicts == (("0.png", "2.png"),)


def test_landmarks_have_no_classes_to_count(pictures, tmp_path):
    (pictures / "points.csv").write_text(POINTS)
    audit = check(pictures / "points.csv", out=tmp_path / "page.html")
    assert audit.classes == {} and audit.pictures == 4 and not audit.problems.small_classes
    page = (tmp_path / "page.html").read_text()
    assert "Boxes and points" not in page and "0 classes" not in page
    assert "--run RUN" not in page  # no run could look for wrong labels here
    assert next(audit_lines(audit)).endswith("4 readable pictures")


def test_classes_are_checked_as_before(digits):
    """The keys of JSON are those of classes, and nothing is said of a task."""
    heard = []
    found = check(digits, on_event=heard.append).to_dict()
    assert "annotations" not in found["problems"] and "mislabelled" in found["problems"]
    assert not any("--task" in event.text for event in heard if isinstance(event, Note))


def test_the_task_can_be_given_and_must_suit(pictures, digits):
    (pictures / "points.csv").write_text(POINTS)
    assert check(pictures / "points.csv", task="landmarks").pictures == 4
    with pytest.raises(StriateError, match="it suits --task landmarks"):
        check(pictures / "points.csv", task="locate")
    with pytest.raises(StriateError, match="unknown task 'lokate'"):
        check(digits, task="lokate")


def test_a_clean_list_is_of_classes_only(pictures, tmp_path):
    (pictures / "boxes.csv").write_text(BOXES)
    with pytest.raises(StriateError, match="--clean-list writes image,label,split"):
        check(pictures / "boxes.csv", clean_list=tmp_path / "clean.csv")
    assert not (tmp_path / "clean.csv").exists()


def test_a_run_decides_the_task_and_is_refused_by_the_right_name(pictures, digits_run, monkeypatch):
    """The refusal once named options of `predict`."""
    (pictures / "boxes.csv").write_text(BOXES)
    with pytest.raises(StriateError, match="--task locate is not that of"):
        check(pictures / "boxes.csv", task="locate", run=digits_run)
    assert task_of(RunRecord.open(digits_run)).name == "classify"
    monkeypatch.setattr("striate.actions.check.task_of", lambda _: LOCATE)
    with pytest.raises(StriateError, match="--run looks for wrong labels by the probabilities of classes"):
        check(pictures / "boxes.csv", run=digits_run)


def test_a_sheet_of_a_table_of_boxes_is_drawn(striate, pictures, tmp_path):  # noqa: F811
    (pictures / "boxes.csv").write_text(BOXES)
    given = ("check", pictures / "boxes.csv", "--augment", "light", "--out", tmp_path / "sheet.png", "--json")
    code, out, _ = striate(*given)
    assert code == 0 and json.loads(out)["files"] == [str(tmp_path / "sheet.png")]
    code, _, said = striate(*given, "--task", "locate")
    assert code == 2 and "--task is about problems" in said


@pytest.mark.parametrize("name", [b"caf\xe9.png", "\u00e9.png".encode("utf-16")])
def test_a_table_in_another_encoding_is_still_a_table(pictures, name):
    """What a byte stands for is not known; the other lines are read."""
    (pictures / "boxes.csv").write_bytes(BOXES.encode() + name + b",1,1,9,9,cat\n")
    found = check(pictures / "boxes.csv")
    assert found.pictures == 4 and len(found.problems.unreadable) == 1
