"""What a killed writer leaves is removed by the next write to that place, and never from a living writer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from striate.files.leftovers import remove_leftovers, temporary

WRITER = """
import sys, time
from pathlib import Path
from striate.files.leftovers import temporary
with temporary(Path(sys.argv[1]), folder=sys.argv[2] == "folder") as place:
    if place.is_dir():
        (place / "half.png").write_bytes(b"half")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_write_removes_what_a_killed_one_left_and_not_what_a_living_one_holds(tmp_path: Path, kind: str):
    target = tmp_path / "page.html"
    words = [sys.executable, "-c", WRITER, str(target), kind]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
        (held,) = tmp_path.iterdir()
        with temporary(target, folder=kind == "folder"):
            assert held.exists() and len(list(tmp_path.iterdir())) == 2
        assert list(tmp_path.iterdir()) == [held]
        writer.kill()
        writer.wait()
    with temporary(target) as place:
        assert list(tmp_path.iterdir()) == [place]
    assert not list(tmp_path.iterdir())


def test_leftovers_of_other_names_and_what_only_looks_alike_stay(tmp_path: Path):
    kept = [".other.html.abcdefgh.part", "page.html.abcdefgh.part", ".page.html.abc.part", ".page.html.part"]
    for name in (*kept, ".page.html.abcdefgh.part"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "real").mkdir()
    (tmp_path / ".page.html.ijklmnop.part").symlink_to("real")
    with temporary(tmp_path / "page.html"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {*kept, ".page.html.ijklmnop.part", "real"}


def test_all_leftovers_below_a_folder_go_at_once(tmp_path: Path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / ".a.png.abcdefgh.part").write_bytes(b"")
    (tmp_path / ".checkpoint.abcdefgh.part").write_bytes(b"")
    with temporary(tmp_path / "mine") as place:  # a lock counts within one process too
        remove_leftovers(tmp_path)
        assert place.exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["pictures"]


def test_without_locks_only_what_is_older_than_a_day_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("striate.files.leftovers.fcntl", None)
    old, young = tmp_path / ".a.abcdefgh.part", tmp_path / ".a.ijklmnop.part"
    for path in (old, young):
        path.write_bytes(b"")
    os.utime(old, (1, 1))
    with temporary(tmp_path / "a"):
        pass
    assert list(tmp_path.iterdir()) == [young]
