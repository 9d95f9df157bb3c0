"""A run has one writer, and a dead writer holds nothing."""

import signal
import subprocess
import sys

import pytest

from striate.errors import StriateError
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
