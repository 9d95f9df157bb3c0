"""Every command that writes: nothing of others is replaced, its own is, no pictures go into the data."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from tests.cli.test_commands import striate  # noqa: F401

from striate.data.datasets.recognise import open_dataset

MINE = b"<html><body>my own notes</body></html>"


@pytest.fixture
def data(digits: Path, tmp_path: Path) -> Path:
    return shutil.copytree(digits, tmp_path / "data")


def files_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_no_output_takes_the_place_of_a_picture_or_of_a_strangers_file(striate, digits_run, data, tmp_path):  # noqa: F811
    picture, model = data / "digit 0" / "000.png", "lenet5"
    (tmp_path / "mine.html").write_bytes(MINE)
    (tmp_path / "mine.csv").write_text("image,label,split\na.png,x,train\n")
    before = files_in(tmp_path)
    calls = [
        ("check", data, "--out"),
        ("check", data, "--clean-list"),
        ("check", data, "--augment", "light", "--out"),
        ("report", digits_run, "--out"),
        ("inspect", model, "--html"),
        ("inspect", model, "--json", "--html"),
        ("predict", digits_run, data, "--csv"),
    ]
    for words in calls:
        theirs = tmp_path / ("mine.csv" if words[-1] in ("--clean-list", "--csv") else "mine.html")
        for place in (picture, theirs):
            code, out, err = striate(*words, place)
            assert (code, out) == (2, ""), (words, place)
            assert "not overwritten" in err or "the sheet would be read too" in err, err
            assert words[-1] in err and len(err.splitlines()) == 1, err
    assert files_in(tmp_path) == before


def test_the_same_command_again_replaces_what_it_wrote_and_overwrite_replaces_the_rest(
    striate,  # noqa: F811
    digits_run,
    data,
    tmp_path,
    monkeypatch,
):
    monkeypatch.chdir(tmp_path)
    calls = [
        ("check", data, "--out", "page.html", "--clean-list", "list.csv"),
        ("check", data, "--augment", "light", "--out", "sheet.png"),
        ("check", data, "--augment", "light", "--out", "sheet.jpg"),
        ("report", digits_run, "--out", "page.html"),
        ("inspect", "lenet5", "--html", "page.html"),
        ("predict", digits_run, data / "digit 0", "--csv", "answers.csv"),
        ("explain", digits_run, data / "digit 0" / "000.png", data / "digit 1" / "000.png", "--out", "heat"),
        ("explain", digits_run, data / "digit 0" / "000.png", "--method", "activations", "--out", "heat"),
    ]
    for words in calls:
        assert [striate(*words)[0] for _ in range(2)] == [0, 0], words
    for name in ("page.html", "list.csv"):
        (tmp_path / name).write_bytes(MINE)
    words = ("check", data, "--out", tmp_path / "page.html", "--clean-list", tmp_path / "list.csv")
    assert striate(*words)[0] == 2
    assert striate(*words, "--overwrite")[0] == 0
    assert MINE not in ((tmp_path / "page.html").read_bytes(), (tmp_path / "list.csv").read_bytes())


def test_explanations_do_not_replace_pictures_arrays_and_pages_of_others(striate, digits_run, data, tmp_path):  # noqa: F811
    digit, place = data / "digit 0" / "000.png", tmp_path / "heat"
    words = ("explain", digits_run, digit, data / "digit 1" / "001.png", "--out", place)
    for name in ("000-grad-cam.png", "000-grad-cam.npy", "index.html"):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        (place / name).write_bytes(MINE)
        code, out, err = striate(*words)
        assert (code, out) == (2, "") and name in err and "add --overwrite" in err
        assert files_in(place) == {place / name: MINE}
        assert striate(*words, "--overwrite")[0] == 0
        assert (place / name).read_bytes() != MINE


def test_what_holds_pictures_is_not_written_into_the_data(striate, digits_run, data):  # noqa: F811
    before = files_in(data)
    short = ("--model", "lenet5", "--epochs", 1)
    for place in (data, data / "digit 0", data / "new"):
        for words in (
            ("train", data, *short, "--out", place),
            ("train", data.parent / "elsewhere.csv", *short, "--test", data, "--out", place),
            ("ladder", data, "--rungs", "scratch", "--out", place),
            ("explain", digits_run, data, "--out", place),
            ("predict", digits_run, data, "--copy-to", place),
            ("convert", data, "--out", data / "new"),
        ):
            code, out, err = striate(*words)
            assert (code, out) == (2, "") and "would be read too" in err, (words, err)
    assert files_in(data) == before


def test_a_list_may_lie_in_the_folder_that_it_lists_but_not_replace_what_is_read(striate, data):  # noqa: F811
    assert striate("check", data, "--clean-list", data / "clean.csv")[0] == 0
    assert len(open_dataset(data / "clean.csv").items) == 120
    code, _, err = striate("check", data / "clean.csv", "--clean-list", data / "clean.csv")
    assert code == 2 and "is what is read" in err
    assert striate("check", data / "clean.csv", "--clean-list", data / "clean.csv", "--overwrite")[0] == 0
    assert len(open_dataset(data / "clean.csv").items) == 120


def test_a_strangers_name_is_no_formula_in_any_table(striate, digits_run, data, tmp_path):  # noqa: F811
    (data / "digit 0" / "000.png").rename(data / "digit 0" / "=1+1.png")
    (data / "digit 1").rename(data / "=HYPERLINK(1)")
    listed, table = tmp_path / "clean.csv", tmp_path / "answers.csv"
    assert striate("check", data / "digit 0", data)[0] != 0  # one argument only
    assert striate("check", data, "--clean-list", listed)[0] == 0
    assert open_dataset(listed).classes == open_dataset(data).classes
    inside = data / "digit 0" / "list.csv"
    inside.write_text("")
    assert striate("check", data, "--clean-list", inside)[0] == 0
    shutil.copy(data / "digit 0" / "=1+1.png", tmp_path / "=2+2.png")
    assert striate("predict", digits_run, data, "--csv", table)[0] == 0
    for path in (listed, inside, table):
        with path.open(newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert any("1+1.png" in cell for cell in cells)
        assert not [cell for cell in cells if cell[:1] in {"=", "+", "@", "\t", "\r"}], path
    assert all(striate("check", path)[0] == 0 for path in (listed, inside))


def test_json_outputs_name_what_was_written(striate, digits_run, tmp_path):  # noqa: F811
    code, out, _ = striate("report", digits_run, "--out", f"{tmp_path}/new/", "--json")
    assert code == 0 and json.loads(out) == {"files": [str(tmp_path / "new" / "report.html")]}
