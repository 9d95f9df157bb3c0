"""Run folders: nothing is overwritten, a kill leaves no half line, newer formats are refused."""

import pytest

from striate.errors import StriateError, WorkFailed
from striate.runs.files import write_text
from striate.runs.folder import RunFolder


def test_a_taken_name_gets_a_number(tmp_path):
    names = [RunFolder.create(tmp_path, "classify", "photos").path.name for _ in range(3)]
    assert names == ["photos", "photos-2", "photos-3"]


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", "..", "ein Bild", "x\ny"])
def test_a_name_never_leaves_its_folder(tmp_path, name):
    path = RunFolder.create(tmp_path, "classify", name).path
    assert path.parent == tmp_path / "classify"


def test_a_folder_that_is_no_run_is_said(tmp_path):
    with pytest.raises(StriateError, match="is not a run"):
        RunFolder.open(tmp_path)


def test_a_newer_format_is_refused_by_name(tmp_path):
    folder = RunFolder.create(tmp_path, "classify", "photos")
    (folder / "format").write_text("99\n")
    with pytest.raises(StriateError, match="run format '99', this Striate reads up to 1"):
        RunFolder.open(folder.path)


def test_an_unfinished_last_line_is_no_epoch(tmp_path):
    folder = RunFolder.create(tmp_path, "classify", "photos")
    folder.append_metrics({"epoch": 1})
    folder.append_metrics({"epoch": 2})
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 3, "lo')
    assert [line["epoch"] for line in folder.read_metrics()] == [1, 2]
    folder.cut_metrics(1)
    assert (folder / "metrics.jsonl").read_text() == '{"epoch": 1}\n'


def test_toml_comes_back_without_what_was_not_given(tmp_path):
    folder = RunFolder.create(tmp_path, "classify", "photos")
    folder.write_toml("config.toml", {"epochs": 3, "lr": None, "resolved": {"sizes": (1, 2), "name": None}})
    assert folder.read_toml("config.toml") == {"epochs": 3, "resolved": {"sizes": [1, 2]}}


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_no_part(tmp_path):
    target = tmp_path / "file"
    write_text(target, "old")
    with pytest.raises(WorkFailed, match="could not be written"):
        write_text(tmp_path / "missing" / "file", "new")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
