"""A run has one writer, and a dead writer holds nothing."""

import errno
import signal
import subprocess
import sys

import pytest

from striate.errors import StriateError
from striate.files.file_lock import lock_file, unlock
from striate.runs.folder import RunFolder
from striate.runs.lock import only_writer

HOLD = """
import sys
from pathlib import Path
from striate.runs.folder import RunFolder
from striate.runs.lock import only_writer
with only_writer(RunFolder(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_refused_until_the_first_is_dead(tmp_path):
    folder = RunFolder.create(tmp_path, "classify", "run")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StriateError, match="is being trained by another process"), only_writer(folder):
            pass
        holder.send_signal(signal.SIGKILL)
    with only_writer(folder):
        assert (folder / "format").read_text() == "1\n"


def test_a_writer_that_ends_makes_room(tmp_path):
    folder = RunFolder.create(tmp_path, "classify", "run")
    for _ in range(2):
        with only_writer(folder):
            assert RunFolder.open(folder.path) == folder


def test_a_disk_without_locks_is_said_and_not_called_another_process(tmp_path, monkeypatch):
    folder = RunFolder.create(tmp_path, "classify", "run")

    def refuse(path, **_):
        raise OSError(errno.ENOLCK, "No locks available", str(path))

    monkeypatch.setattr("striate.runs.lock.lock_file", refuse)
    with pytest.raises(StriateError, match=r"cannot be locked .*No locks available"), only_writer(folder):
        pass


def test_a_writer_leaves_no_lock_file_and_the_content_of_one_stays(tmp_path):
    folder = RunFolder.create(tmp_path, "classify", "run")
    before = sorted(path.name for path in folder.path.iterdir())
    with only_writer(folder), pytest.raises(StriateError, match="another process"), only_writer(folder):
        pass
    assert sorted(path.name for path in folder.path.iterdir()) == before
    (tmp_path / "kept").write_text("words")
    unlock(lock_file(tmp_path / "kept"))
    assert (tmp_path / "kept").read_text() == "words"


def test_a_planted_link_is_not_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"."):
        lock_file(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()
