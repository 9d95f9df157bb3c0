"""`striate evaluate` on other data: which pictures are wrong, in JSON, in tables and on a page."""

import csv
import json
import shutil

import pytest
from PIL import Image

from striate.runs.record import RunRecord


@pytest.fixture
def run(digits_run, tmp_path):
    # Other tests evaluate the run as well, and it keeps that.
    return shutil.copytree(digits_run, tmp_path / "run", ignore=shutil.ignore_patterns("evaluations"))


@pytest.fixture
def other(digits, tmp_path):
    """Pictures of two classes; three of class 1 lie in the folder of class 0, so they are wrong."""
    place = tmp_path / "new"
    for label in ("digit 0", "digit 1"):
        (place / label).mkdir(parents=True)
        for number in range(12):
            picture = Image.open(digits / label / f"{number:03}.png")
            picture.transpose(Image.Transpose.ROTATE_180).rotate(183).save(place / label / f"{number}.png")
    for number in range(3):
        (place / "digit 1" / f"{number}.png").rename(place / "digit 0" / f"moved {number}.png")
    return place


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def answers_of(striate, run, files):
    lines = striate("predict", run, *files, "--json")[1].splitlines()
    return [json.loads(line) for line in lines]


def test_wrong_pictures_are_named_in_json_as_predict_answers_them(striate, run, other):
    code, out, _ = striate("evaluate", run, other, "--json")
    found = json.loads(out)
    files = sorted(other.rglob("*.png"))
    answers = dict(zip(files, answers_of(striate, run, files), strict=True))
    wrong = {str(file.relative_to(other)) for file in files if answers[file]["label"] != file.parent.name}
    assert code == 0 and wrong >= {f"digit 0/moved {number}.png" for number in range(3)}
    assert {one["file"] for one in found["mistakes"]} == wrong
    for one in found["mistakes"]:
        said = answers[other / one["file"]]
        assert (one["truth"], one["label"]) == (one["file"].split("/")[0], said["label"])
        assert one["probability"] == pytest.approx(said["probability"], abs=1e-5)
    probabilities = [one["probability"] for one in found["mistakes"]]
    assert probabilities == sorted(probabilities, reverse=True)
    counted = {(truth, answer): 0 for truth in found["per_class"] for answer in found["per_class"]}
    for file, said in answers.items():
        counted[file.parent.name, said["label"]] += 1
    assert found["confusion"] == [
        [counted[truth, answer] for answer in found["per_class"]] for truth in found["per_class"]
    ]


def test_the_tables_have_a_line_a_picture_and_a_line_a_class(striate, run, other, tmp_path):
    table = tmp_path / "out" / "new.csv"
    code, out, err = striate("evaluate", run, other, "--csv", table, "--json")
    found, rows = json.loads(out), rows_of(table)
    assert code == 0 and f"table: {table}" in err and len(rows) == found["pictures"] == 24
    assert {row["file"] for row in rows if row["right"] == "no"} == {one["file"] for one in found["mistakes"]}
    for row in rows:
        shares = {label: float(row[f"p({label})"]) for label in found["per_class"]}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert max(shares, key=shares.get) == row["answer"] and row["truth"] == row["file"].split("/")[0]
        assert shares[row["answer"]] == pytest.approx(float(row["probability"]), abs=1e-6)
    classes = rows_of(tmp_path / "out" / "new-classes.csv")
    assert [row["class"] for row in classes] == list(found["per_class"])
    for row in classes:
        assert float(row["recall"] or 0) == pytest.approx(
            found["per_class"][row["class"]]["recall"] or 0, abs=1e-6
        )
        assert row["data"] == str(other)


def test_tables_take_no_strangers_place_and_replace_their_own(striate, run, other, tmp_path):
    (tmp_path / "mine.csv").write_text('"file",a\nmine\n')
    (tmp_path / "new-classes.csv").write_text("class,pictures\nmine\n")
    for table in ("mine.csv", "new.csv"):
        code, _, err = striate("evaluate", run, other, "--csv", tmp_path / table)
        assert code == 2 and "not overwritten" in err and not (tmp_path / "new.csv").exists()
    assert (tmp_path / "mine.csv").read_text() == '"file",a\nmine\n'
    (tmp_path / "new-classes.csv").unlink()
    assert striate("evaluate", run, other, "--csv", tmp_path / "new.csv")[0] == 0
    assert striate("evaluate", run, other, "--csv", tmp_path / "new.csv")[0] == 0


def test_the_page_shows_what_is_wrong_and_what_changed(striate, run, other, tmp_path):
    page = tmp_path / "new.html"
    code, _, err = striate("evaluate", run, other, "--out", page)
    text = page.read_text()
    assert code == 0 and f"page: {page}" in err
    for words in (
        "digit 0/moved 2.png",
        "What changed",
        "Fisher",
        "What is confused with what",
        "new pictures",
    ):
        assert words in text
    assert text.count("data:image/jpeg") >= 3  # heat beside the wrong pictures
    assert "Training, epoch by epoch" not in text


def test_a_hostile_name_stays_text_on_the_page(striate, run, other, tmp_path):
    bad = other / "digit 0" / "<script>alert(1)<script>.png"
    (other / "digit 0" / "moved 0.png").rename(bad)
    assert striate("evaluate", run, other, "--out", tmp_path / "new.html")[0] == 0
    text = (tmp_path / "new.html").read_text()
    assert "&lt;script&gt;alert(1)" in text and "<script>alert" not in text


def test_every_evaluation_of_other_data_is_kept_in_the_run(striate, run, other):
    for _ in range(2):
        code, out, err = striate("evaluate", run, other, "--json")
        assert code == 0 and "kept: " in err
    striate("evaluate", run, "--json")  # its own part is in evaluation.json already
    kept, problems = RunRecord.open(run).kept_evaluations
    found = json.loads(out)
    assert len(kept) == 2 and problems == []
    assert kept[1].pictures == 24 and kept[1].right == 24 - len(found["mistakes"])
    assert kept[1].metrics.accuracy == found["metrics"]["accuracy"]


def test_a_run_that_cannot_be_written_is_evaluated_with_a_warning(striate, run, other, tmp_path):
    (run / "evaluations").write_text("a file where the folder should be")
    code, out, err = striate("evaluate", run, other, "--json")
    assert code == 0 and json.loads(out)["pictures"] == 24 and "not kept in the run" in err
    (run / "evaluations").unlink()
    (tmp_path / "elsewhere").mkdir()
    (run / "evaluations").symlink_to(tmp_path / "elsewhere")
    code, _, err = striate("evaluate", run, other, "--json")
    assert code == 0 and "is a link" in err and list((tmp_path / "elsewhere").iterdir()) == []
