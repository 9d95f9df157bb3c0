"""Run folders: nothing is overwritten, a kill leaves no half line, newer formats are refused."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.actions.load import load
from striate.actions.report import report
from striate.actions.train import train
from striate.errors import StriateError, WorkFailed
from striate.files.writing import write_bytes, write_text
from striate.runs.folder import RunFolder, name_after


def test_a_taken_name_gets_a_number(tmp_path):
    names = [RunFolder.create(tmp_path, "classify", "photos").path.name for _ in range(3)]
    assert names == ["photos", "photos-2", "photos-3"]


def test_a_run_is_called_after_its_folder_or_its_file_without_the_suffix(tmp_path, monkeypatch):
    (tmp_path / "photos.v2").mkdir()
    (tmp_path / "spots.csv").write_text("image,label\n")
    monkeypatch.chdir(tmp_path / "photos.v2")
    assert name_after(Path("../spots.csv")) == "spots"
    assert name_after(Path("../photos.v2/")) == name_after(Path()) == "photos.v2"
    assert name_after(Path("mnist")) == "mnist"  # a named set, which is no file
    assert name_after(Path("/")) == "data"


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


def test_a_run_that_was_killed_before_its_settings_were_written_never_began(tmp_path):
    folder = RunFolder.create(tmp_path, "classify", "photos")
    with pytest.raises(StriateError, match=r"never began.*delete this folder and train again"):
        folder.read_toml("config.toml")
    with pytest.raises(StriateError, match="never began"):
        train(resume=folder.path)
    with pytest.raises(StriateError, match="never began"):
        load(folder.path)
    with pytest.raises(StriateError, match=r"never began.*delete this folder and train again"):
        report(folder.path)
    assert not (folder / "report.html").exists()
    (folder / "metrics.jsonl").write_text("")
    with pytest.raises(StriateError, match="is missing"):
        folder.read_toml("config.toml")


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


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError])
def test_whatever_stops_a_write_leaves_the_old_file_and_no_part(tmp_path, monkeypatch, error):
    target = tmp_path / "file"
    write_bytes(target, b"old")

    def stop(handle):
        raise error

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(error):
        write_bytes(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_a_kill_left_is_cleaned_and_nothing_else(tmp_path):
    folder = RunFolder.create(tmp_path, "classify", "photos")
    (folder / "pictures").mkdir()
    script = (
        "import os, signal, sys, pathlib\n"
        "from striate.files.writing import write_bytes\n"
        "os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_bytes(pathlib.Path(sys.argv[1]), b'half')\n"
    )
    for name in ("best.safetensors", "pictures/01.png"):
        assert (
            subprocess.run([sys.executable, "-c", script, str(folder / name)], check=False).returncode == -9
        )
    theirs = [folder / name for name in (".notes.part", "movie.part", "pictures/.part")]
    for path in theirs:
        path.write_text("mine")
    before = sorted(path for path in folder.path.rglob("*") if path.is_file())
    folder.clean()
    after = sorted(path for path in folder.path.rglob("*") if path.is_file())
    assert len(before) == len(after) + 2
    assert after == sorted([folder / "format", *theirs])


@pytest.mark.parametrize("content", [b"\xff", "²".encode(), "١".encode(), b"", b"-1", b"9" * 5000])
def test_a_format_that_is_no_number_is_one_clear_line(tmp_path, content):
    folder = RunFolder.create(tmp_path, "classify", "photos")
    (folder / "format").write_bytes(content)
    with pytest.raises(StriateError, match="this Striate reads up to 1"):
        RunFolder.open(folder.path)


UNREADABLE = os.fsdecode(b"photos/un\xe9/\xc3\xa9t\xe9")


def test_names_that_are_no_utf8_are_written_as_escapes_and_read_back(tmp_path):
    folder = RunFolder.create(tmp_path, "classify", UNREADABLE)
    folder.write_json("dataset.json", {"data": UNREADABLE})
    folder.write_toml("config.toml", {"data": UNREADABLE, "resolved": {"paths": [UNREADABLE]}})
    folder.append_metrics({"data": UNREADABLE})
    assert "photos/un\\udce9/ét\\udce9" in (folder / "dataset.json").read_text(encoding="utf-8")
    assert tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))  # TOML for others too
    assert folder.read_json("dataset.json") == {"data": UNREADABLE}
    assert folder.read_toml("config.toml") == {"data": UNREADABLE, "resolved": {"paths": [UNREADABLE]}}
    assert folder.read_metrics() == [{"data": UNREADABLE}]
    write_text(folder / "text", UNREADABLE)
    assert json.loads(f'"{(folder / "text").read_text(encoding="utf-8")}"') == UNREADABLE


names = st.binary(max_size=12).map(os.fsdecode) | st.text(st.sampled_from("\\udce95c/\udce9"), max_size=16)


@given(names)
def test_any_file_name_comes_back_from_toml(tmp_path_factory, name):
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.write_toml("config.toml", {"data": name})
    assert folder.read_toml("config.toml") == {"data": name}
