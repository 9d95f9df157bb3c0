"""What `predict` prints for people: columns, signs, thresholds, and one rule for probabilities."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from striate.cli.text.prediction_lines import PredictionLines, threshold_lines
from striate.data.wording import probability
from striate.inference.pictures.streaming import Prediction
from striate.tasks.classify.decode import Answer
from striate.tasks.classify.task import CLASSIFY


@pytest.fixture
def run(digits_run, tmp_path):
    """A run whose validation promises 90 % from 0.8 on for the first class and from 0.9 on for the second."""
    run = shutil.copytree(digits_run, tmp_path / "run")
    (run / "validation.csv").write_text(
        "file,label,predicted,probability\n"
        + "".join(f"{n},digit {k},digit {k},{0.8 + 0.1 * k}\n" for n in range(9) for k in (0, 1))
    )
    return run


def rows_of(table):
    return list(csv.DictReader(io.StringIO(table.read_text(), newline="")))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((1.0, ">99.9 %"), (0.9996, ">99.9 %"), (0.9994, "99.9 %"), (0.5, "50.0 %")),
        *((0.001, "0.1 %"), (0.0004, "<0.1 %"), (0.0, "<0.1 %")),
    ],
)
def test_no_probability_is_shown_as_certain(value, shown):
    assert probability(value) == shown


def test_a_batch_is_aligned_and_what_wants_a_look_stands_out():
    lines = PredictionLines(CLASSIFY)
    top = [("cat", 0.985), ("dog", 0.012), ("cow", 0.003)]
    assert lines.add(Prediction("a.png", Answer("cat", 0.985, top))) == []
    lines.add(
        Prediction("a picture with a long name.png", Answer("a wide class", 1.0, [("a wide class", 1.0)]))
    )
    lines.add(Prediction("b.png", Answer("cat", 0.4, [("cat", 0.4), ("dog", 0.35)]), unsure=True))
    lines.add(Prediction("c.png", None, "no picture"))
    assert lines.rest() == [
        "  a.png                           cat            98.5 %  dog 1.2 %",
        "  a picture with a long name.png  a wide class  >99.9 %",
        "? b.png                           unsure                 cat 40.0 %, dog 35.0 %",
        "! c.png                           error: no picture",
    ]
    assert lines.rest() == [] and lines.counted == "answered 2 pictures, 1 unsure, 1 failed"


def test_equal_thresholds_stand_on_one_line():
    found = threshold_lines({"a": 0.8, "b": 0.9, "c": 0.8, "d": 1.5})
    assert [line.split() for line in found[1:]] == [["0.8000", "a,", "c"], ["0.9000", "b"], ["never", "d"]]
    assert threshold_lines({"a": 0.8, "b": 0.8})[1:] == ["  0.8000  every class"]


def test_precision_prints_its_thresholds_and_how_many_were_answered(striate, run, digits):
    code, out, err = striate("predict", run, digits, "--precision", 0.9)
    assert code == 0 and "0.8000  digit 0, digit 2" in err and "0.9000  digit 1" in err
    signs = [line[0] for line in out.splitlines()]
    answered, unsure = signs.count(" "), signs.count("?")
    assert answered + unsure == 120 and f"answered {answered} pictures, {unsure} unsure" in err


def test_copying_twice_copies_nothing_twice_and_the_table_says_where(striate, run, digits, tmp_path):
    sorted_to, tables = tmp_path / "sorted", []
    for _ in range(2):
        table = tmp_path / f"{len(tables)}.csv"
        code, _, err = striate("predict", run, digits, "--copy-to", sorted_to, "--csv", table)
        tables.append(rows_of(table))
    assert code == 0 and "copied 0 pictures" in err and "120 pictures there already" in err
    assert tables[0] == tables[1] and len(list(sorted_to.rglob("*.png"))) == 120
    for row in tables[0]:
        assert row["truth"] == Path(row["file"]).parent.name  # the folders are called as the classes
        assert Path(row["copied_to"]).read_bytes() == Path(row["file"]).read_bytes()
        shares = {name[2:-1]: float(value) for name, value in row.items() if name.startswith("p(")}
        assert max(shares, key=shares.get) == row["label"] and sum(shares.values()) == pytest.approx(
            1, abs=1e-5
        )


def test_changed_content_of_the_same_name_gets_a_number(striate, run, digits, tmp_path):
    folder, sorted_to = tmp_path / "in", tmp_path / "sorted"
    folder.mkdir()
    for source in ("000.png", "001.png", "000.png"):
        shutil.copy(digits / "digit 0" / source, folder / "x.png")
        striate("predict", run, folder, "--copy-to", sorted_to)
    names = sorted(path.name for path in sorted_to.rglob("*.png"))
    assert names == ["x-2.png", "x.png"]


def test_a_link_is_never_taken_for_a_copy(striate, run, digits, tmp_path):
    picture, sorted_to = digits / "digit 0" / "000.png", tmp_path / "sorted"
    striate("predict", run, picture, "--copy-to", sorted_to)
    (copy,) = sorted_to.rglob("*.png")
    copy.unlink()
    copy.symlink_to(picture)
    striate("predict", run, picture, "--copy-to", sorted_to)
    assert sorted(path.name for path in sorted_to.rglob("*.png")) == ["000-2.png", "000.png"]


def test_several_runs_have_a_column_a_class_too(striate, run, digits, tmp_path):
    table = tmp_path / "both.csv"
    striate("predict", run, digits / "digit 1", "--with", run, "--csv", table)
    rows = rows_of(table)
    assert all(float(row[f"p({row['label']})"]) == pytest.approx(float(row["probability"])) for row in rows)
