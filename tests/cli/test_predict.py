"""`striate predict` as a person uses it: one picture, many, bad ones, copies, tables, unsure answers."""

import csv
import io
import json
import shutil
import sys

import pytest
from tests.cli.test_commands import striate  # noqa: F401

ODD = 'new\nline\tand, "comma"\r.png'


@pytest.fixture
def pictures(digits, tmp_path, monkeypatch):
    folder = tmp_path / "in"
    for label in "012":
        shutil.copytree(digits / f"digit {label}", folder / label)
    shutil.copy(folder / "0" / "000.png", folder / ODD)
    (folder / "bad.png").write_bytes(b"nothing")
    (folder / "cut.png").write_bytes((folder / "1" / "000.png").read_bytes()[:-20])
    monkeypatch.chdir(tmp_path)
    return folder


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def test_one_picture_from_standard_input(striate, digits_run, digits, monkeypatch):  # noqa: F811
    content = (digits / "digit 2" / "001.png").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    code, out, _ = striate("predict", digits_run, "-", "--json")
    (found,) = lines(out)
    (same,) = lines(striate("predict", digits_run, digits / "digit 2" / "001.png", "--json")[1])
    assert code == 0 and found == {**same, "file": "-"}
    assert striate("predict", digits_run, "-", "-")[0] == 2


def test_damage_is_told_and_does_not_change_the_exit_code(striate, digits_run, pictures):  # noqa: F811
    code, out, _ = striate("predict", digits_run, "in/cut.png", "--json")
    (found,) = lines(out)
    assert code == 0 and found["damaged"] and found["label"]
    assert "[damaged: " in striate("predict", digits_run, "in/cut.png")[1]


def test_any_name_is_one_line_for_people_and_one_field_in_the_table(striate, digits_run, pictures):  # noqa: F811
    code, out, err = striate("predict", digits_run, "in", "--csv", "answers.csv", "--unsure", 0.5)
    with open("answers.csv", newline="", encoding="utf-8") as file:  # noqa: PTH123
        rows = list(csv.DictReader(file))
    assert code == 1 and "answers: answers.csv" in err
    assert len(out.splitlines()) == len(rows) == 123
    assert "in/new\\nline\\tand" in out
    by_file = {row["file"]: row for row in rows}
    assert by_file[f"in/{ODD}"]["label"] == "digit 0"
    assert by_file["in/bad.png"]["error"] and not by_file["in/bad.png"]["label"]
    assert {row["unsure"] for row in rows} <= {"yes", "no", ""}


def test_a_table_never_takes_the_place_of_a_picture(striate, digits_run, pictures):  # noqa: F811
    before = (pictures / "cut.png").read_bytes()
    code, _, err = striate("predict", digits_run, "in/0", "--csv", "in/cut.png")
    assert code == 2 and "not overwritten" in err and (pictures / "cut.png").read_bytes() == before


def test_copies_are_sorted_and_nothing_is_moved_or_overwritten(striate, digits_run, pictures):  # noqa: F811
    before = {path: path.read_bytes() for path in pictures.rglob("*.png")}
    (pictures.parent / "sorted" / "digit 0").mkdir(parents=True)
    (pictures.parent / "sorted" / "digit 0" / "000.png").write_bytes(b"mine")
    code, out, err = striate("predict", digits_run, "in", "--copy-to", "sorted", "--unsure", 0.6, "--json")
    assert code == 1 and {path: path.read_bytes() for path in pictures.rglob("*.png")} == before
    assert (pictures.parent / "sorted" / "digit 0" / "000.png").read_bytes() == b"mine"
    expected: dict[str, list[bytes]] = {}
    for found in lines(out):
        if "error" not in found:
            place = "unsure" if found["unsure"] else found["label"]
            expected.setdefault(place, []).append((pictures.parent / found["file"]).read_bytes())
    for place, contents in expected.items():
        copies = [path.read_bytes() for path in (pictures.parent / "sorted" / place).iterdir()]
        assert sorted(copies) == sorted(contents + [b"mine"] * (place == "digit 0")), place
    assert "copied 122 pictures to sorted" in err and "1 not copied" in err


def test_copies_into_the_folder_that_is_read_are_refused(striate, digits_run, pictures):  # noqa: F811
    for word in ("in", "in/**/*.png"):
        code, _, err = striate("predict", digits_run, word, "--copy-to", "in/sorted")
        assert code == 2 and "the copies would be read too" in err
    assert not (pictures / "sorted").exists()


def test_unsure_marks_exactly_what_is_below(striate, digits_run, pictures):  # noqa: F811
    found = lines(striate("predict", digits_run, "in/*/*.png", "--unsure", 0.9, "--json")[1])
    assert [one["unsure"] for one in found] == [one["probability"] < 0.9 for one in found]
    shown = striate("predict", digits_run, "in/*/*.png", "--unsure", 0.9)[1]
    assert shown.count("unsure") == sum(one["unsure"] for one in found)
    assert striate("predict", digits_run, "in", "--unsure", 1.5)[0] == 2
    assert striate("predict", digits_run, "in", "--unsure", 0.5, "--precision", 0.5)[0] == 2


def test_precision_takes_its_thresholds_from_validation(striate, digits_run, pictures, tmp_path):  # noqa: F811
    run = shutil.copytree(digits_run, tmp_path / "run")
    (run / "validation.csv").write_text(
        "file,label,predicted,probability\n"
        + "".join(f"{n},digit {k},digit {k},{0.8 + 0.1 * k}\n" for n in range(9) for k in (0, 1))
    )
    found = lines(striate("predict", run, "in/*/*.png", "--precision", 0.9, "--json")[1])
    limits = {"digit 0": 0.8, "digit 1": 0.9, "digit 2": 0.8}  # the last has no answers: that of all
    assert [one["unsure"] for one in found] == [one["probability"] < limits[one["label"]] for one in found]
    (run / "validation.csv").unlink()
    code, _, err = striate("predict", run, "in", "--precision", 0.9)
    assert code == 2 and "validation.csv is missing" in err


def test_two_runs_answer_together(striate, digits_run, pictures):  # noqa: F811
    once = lines(striate("predict", digits_run, "in/1", "--json")[1])
    twice = lines(striate("predict", digits_run, "in/1", "--json", "--with", digits_run)[1])
    assert [one["probability"] for one in twice] == pytest.approx([one["probability"] for one in once])


def test_more_pictures_than_are_read_ahead_keep_their_order(striate, digits_run, pictures):  # noqa: F811
    words = ["in/0", "in/1", "in/2"] * 2
    found = [one["file"] for one in lines(striate("predict", digits_run, *words, "--json")[1])]
    assert len(found) == 240 and found[:120] == found[120:]
    assert found[:40] == [f"in/0/{n:03}.png" for n in range(40)]


def test_evaluate_says_what_chance_gives_and_how_accuracy_rises_with_abstention(striate, digits_run):  # noqa: F811
    found = json.loads(striate("evaluate", digits_run, "--json")[1])
    calibration, points = found["calibration"], found["calibration"]["coverage"]
    assert points[0]["coverage"] == 1 and points[0]["accuracy"] == pytest.approx(found["metrics"]["accuracy"])
    assert sum(one["pictures"] for one in calibration["bins"]) == found["pictures"]
    assert 0 <= calibration["by_chance"] <= calibration["by_chance_high"]
    assert "a perfectly calibrated network would show" in striate("evaluate", digits_run)[1]


def test_an_empty_folder_among_others_is_named_and_the_rest_goes_on(striate, digits_run, pictures):  # noqa: F811
    (pictures / "empty").mkdir()
    first, last = pictures / "0" / "000.png", pictures / "1" / "000.png"
    code, out, _ = striate(
        "predict", digits_run, first, pictures / "empty", pictures / "*.gif", last, "--json"
    )
    found = lines(out)
    assert code == 1 and [one["file"] for one in found] == [
        str(first),
        str(pictures / "empty"),
        str(pictures / "*.gif"),
        str(last),
    ]
    assert "holds no pictures" in found[1]["error"] and "matches no picture" in found[2]["error"]
    assert "label" in found[0] and "label" in found[3]
    assert striate("predict", digits_run, pictures / "empty")[0] == 2
