"""`striate compare`: paired where pictures are shared, in words, and honest where they are not."""

import json
import shutil
from dataclasses import asdict

import pytest
from tests.cli.test_commands import striate  # noqa: F401
from tests.conftest import write_digits

from striate.runs.answers import read_answers, write_rows
from striate.runs.folder import RunFolder


@pytest.fixture
def worse(digits_run, tmp_path):
    """The same run with twelve answers made wrong and every picture renamed: content, not names, matches."""
    folder = RunFolder(shutil.copytree(digits_run, tmp_path / "worse"))
    answers, record = read_answers(folder, "predictions.csv"), folder.read_json("dataset.json")
    changed = []
    for number, one in enumerate(answers):
        predicted = one.label if number >= 12 else ("digit 1" if one.label == "digit 0" else "digit 0")
        changed.append(type(one)(f"new/{one.file}", one.label, predicted, one.probability))
    record["split"]["test"] = [f"new/{name}" for name in record["split"]["test"]]
    folder.write_json("dataset.json", record)
    write_rows(folder, "predictions.csv", [asdict(one) for one in changed])
    return folder.path


def test_the_same_pictures_are_compared_one_by_one(striate, digits_run, worse):  # noqa: F811
    first = read_answers(RunFolder(digits_run), "predictions.csv")
    right = [one.right for one in first]
    code, out, _ = striate("compare", worse, digits_run, "--json")
    found = json.loads(out)
    (pair,) = found["pairs"]
    assert code == 0 and [set(one) >= {"run", "metrics"} for one in found["runs"]] == [True, True]
    assert pair["paired"] and pair["pictures"] == len(first) == 18
    assert pair["only_second"] == [one.file for one in first[:12] if one.right]
    assert pair["only_first"] == [f"new/{one.file}" for one in first[12:] if not one.right]
    assert pair["difference"] == pytest.approx((sum(right) - 6) / 18)
    assert f"{digits_run} is better than {worse} by" in striate("compare", worse, digits_run)[1]


def test_a_run_is_no_better_than_itself(striate, digits_run):  # noqa: F811
    code, out, _ = striate("compare", digits_run, digits_run)
    assert code == 0 and "no difference can be seen" in out and "18 shared pictures, p = 1" in out


def test_different_pictures_are_said(striate, digits_run, worse):  # noqa: F811
    folder = RunFolder(worse)
    record = folder.read_json("dataset.json")
    record["digests"]["test"] = [f"{number:016x}" for number in range(18)]
    folder.write_json("dataset.json", record)
    out = striate("compare", digits_run, worse)[1]
    assert "different pictures" in out and "share less than half of their pictures" in out
    assert json.loads(striate("compare", digits_run, worse, "--json")[1])["pairs"][0]["paired"] is False


def test_what_cannot_be_compared_is_refused_in_one_line(striate, digits_run, tmp_path):  # noqa: F811
    assert "two runs or more" in striate("compare", digits_run)[2]
    data = write_digits(tmp_path / "few", "01", 2)
    striate("train", data, "--model", "lenet5", "--epochs", 1, "--out", tmp_path, "--name", "few")
    code, _, err = striate("compare", digits_run, tmp_path / "classify" / "few")
    assert code == 2 and "measured on no picture" in err
    (tmp_path / "classify" / "few" / "result.json").unlink()
    assert "is not finished" in striate("compare", digits_run, tmp_path / "classify" / "few")[2]


def test_a_run_that_never_began_is_not_sent_to_resume(striate, digits_run, tmp_path):  # noqa: F811
    (tmp_path / "never").mkdir()
    (tmp_path / "never" / "format").write_bytes((digits_run / "format").read_bytes())
    code, _, said = striate("compare", digits_run, tmp_path / "never")
    assert code == 2
    assert "never began" in said and "--resume" not in said


def made_run(tmp_path, task, name, rows, metrics):
    """A finished run of a task, as far as `compare` reads it, with one picture a row."""
    folder = RunFolder.create(tmp_path, task, name)
    names = [str(row["file"]) for row in rows]
    record = {"data": "x", "fingerprint": "f", "classes": ["cat"], "test_data": None}
    split = {"train": [], "validation": [], "test": names}
    folder.write_json("dataset.json", {**record, "split": split, "digests": split})
    write_rows(folder, "predictions.csv", rows)
    folder.write_json("result.json", {"task": task, "model": "lenet5", "split": "test", "metrics": metrics})
    folder.write_json("evaluation.json", {"metrics": metrics})
    (folder / "best.safetensors").touch()
    return folder.path


def found_at(file, iou, label="cat"):
    true = {"file": file, "true_label": "cat", "true_x1": 0.0, "true_y1": 0.0, "true_x2": 9.0, "true_y2": 9.0}
    box = dict(zip(("x1", "y1", "x2", "y2"), (0.0, 0.0, 9.0, 9.0), strict=True))
    return {**true, "label": label, "probability": 0.9, "presence": 0.9, **box, "iou": iou}


def empty_scene(file, label):
    """A picture without an object, in which `label` was found ("" is nothing)."""
    row = {**found_at(file, "", label), "true_label": ""}
    return {**row, **{name: "" for name in row if name.startswith("true_")}}


IOU = {"iou50": 0.5, "iou50_interval": [0.2, 0.8], "accuracy": 0.75, "mean_iou": 0.6}


def test_localisers_are_compared_by_class_and_box(striate, tmp_path):  # noqa: F811
    """It once was an error about a classifier's columns."""
    good = [found_at(f"{n}.png", 0.8) for n in range(9)] + [empty_scene("none.png", "")]
    bad = [found_at(f"{n}.png", 0.4) for n in range(8)]
    bad += [found_at("8.png", 0.9, "dog"), empty_scene("none.png", "cat")]
    first, second = (made_run(tmp_path, "locate", n, rows, IOU) for n, rows in (("a", good), ("b", bad)))
    (pair,) = json.loads(striate("compare", second, first, "--json")[1])["pairs"]
    assert pair["difference"] == 1 and len(pair["only_second"]) == 10 and pair["p"] < 0.01
    out = striate("compare", second, first)[1]
    assert "class and box" in out and "50.00 %" in out and "mean IoU" in out and "macro F1" not in out
    assert "An answer is right where class and box (IoU of 0.5 or more) are both right" in out


def test_landmarks_are_compared_by_what_is_near(striate, tmp_path):  # noqa: F811
    def rows(right):
        return [{"file": f"{n}.png", "true_x1": 1.0, "x1": 2.0, "right": right} for n in range(10)]

    figures = {"mean_distance": 3.0, "mean_distance_interval": [2.0, 4.0], "presence": 1.0}
    runs = [made_run(tmp_path, "landmarks", right, rows(right), figures) for right in ("yes", "no")]
    code, out, _ = striate("compare", *runs)
    assert code == 0 and "is better than" in out and "2.00 to 4.00" in out and "5 % of the longer side" in out


def test_runs_of_different_tasks_are_not_compared(striate, digits_run, tmp_path):  # noqa: F811
    other = made_run(tmp_path, "locate", "a", [found_at("1.png", 0.8)], IOU)
    code, _, said = striate("compare", digits_run, other)
    assert code == 2 and "only runs of one task can be compared" in said and f"{other} is of locate" in said
