"""Standard streams that are full, closed or read by nobody: one line or silence, and the right exit code."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
STRIATE = f"'{sys.executable}' -m striate"
FULL = "error: standard output cannot be written: No space left on device. Files that were made are kept.\n"


def shell(command: str, cwd: Path) -> tuple[int, str]:
    """Exit code, and what arrived on standard error."""
    done = subprocess.run(
        ["bash", "-c", command], stderr=subprocess.PIPE, text=True, check=False, timeout=200, cwd=cwd
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("models > /dev/full", 1, FULL),
        ("models >&-", 1, FULL.replace("No space left on device", "Bad file descriptor")),
        ("models > /dev/full 2>&-", 1, ""),
        ("--help > /dev/full", 1, FULL),
        ("train --help > /dev/full", 1, FULL),
        ("--version > /dev/full", 1, FULL),
        ("nonsense 2>&-", 2, ""),
        ("nonsense 2> /dev/full", 2, ""),
        ("models <&- > /dev/null", 0, ""),
    ],
)
def test_a_stream_that_cannot_be_written(command, code, said, tmp_path):
    assert shell(f"{STRIATE} {command}", tmp_path) == (code, said)


def test_a_working_directory_that_was_removed(tmp_path):
    (tmp_path / "gone").mkdir()
    code, said = shell(f"cd gone && rmdir ../gone && {STRIATE} inspect lenet5", tmp_path)
    assert code == 2
    assert said == "error: the folder that you are in is gone; `cd` to one that exists.\n"


@pytest.mark.promise
@pytest.mark.parametrize("redirection", ["> /dev/full", ">&-", "2> /dev/full", "2>&-", "<&-"])
def test_a_training_is_finished_whatever_becomes_of_its_words(digits, redirection, tmp_path):
    options = f"--model lenet5 --epochs 1 --name told --out '{tmp_path}'"
    code, said = shell(f"{STRIATE} train '{digits}' {options} {redirection}", tmp_path)
    assert code == (1 if redirection.startswith(">") else 0), said
    assert "Traceback" not in said
    assert (tmp_path / "classify" / "told" / "result.json").is_file()


@pytest.mark.promise
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limit is not kept")
@pytest.mark.parametrize("kilobytes", [200_000, 1_500_000, 2_500_000, 3_000_000, 3_100_000, 3_500_000])
def test_too_little_memory_is_a_line(kilobytes, digits, tmp_path):
    """At 3,000,000 a thread of C++ gets no memory and aborts, at 3,100,000 OpenBLAS ends the process."""
    code, said = shell(f"ulimit -v {kilobytes}; {STRIATE} train '{digits}' --model lenet5", tmp_path)
    assert "Traceback" not in said
    assert said.endswith(
        "error: the memory does not suffice; close other programs, or raise the limit (`ulimit -v`).\n"
    )
    assert code == 1


@pytest.mark.promise
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limit is not kept")
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_under_a_limit_that_suffices_all_is_as_ever(sent, digits, tmp_path):
    """The work is a child's: it hears the signals sent to its parent, and ends with it."""
    options = ["--model", "lenet5", "--epochs", "500", "--name", "told", "--out", str(tmp_path)]
    limit = f"ulimit -v 60000000; exec {STRIATE} train '{digits}' " + " ".join(options)
    parent = subprocess.Popen(["bash", "-c", limit], stderr=subprocess.PIPE, text=True)
    (child,) = _soon(lambda: psutil.Process(parent.pid).children())
    _soon((tmp_path / "classify" / "told" / "metrics.jsonl").is_file)
    parent.send_signal(sent)
    said = parent.communicate(timeout=60)[1]
    assert parent.returncode == {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGKILL: -9}[sent], said
    child.wait(timeout=60)
    assert "Traceback" not in said
    assert "memory" not in said


def _soon(found, seconds=120.0):
    end = time.monotonic() + seconds
    while not (got := found()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return got
