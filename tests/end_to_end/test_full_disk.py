"""A disk that is full at any write: a clear line, the last good state, the same end once there is room."""

import errno
import json
import os

import pytest

from striate.actions.train import train
from striate.errors import WorkFailed


class Disk:
    """Lets so many files be written whole, then none."""

    def __init__(self, monkeypatch):
        self.left, fsync = 10**9, os.fsync

        def written(descriptor):
            self.left -= 1
            if self.left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fsync(descriptor)

        monkeypatch.setattr("striate.files.writing.os.fsync", written)


@pytest.mark.promise
@pytest.mark.timeout(900)
def test_every_write_may_be_the_one_that_fails(digits, tmp_path, monkeypatch):
    options = {"model": "lenet5", "epochs": 2, "checkpoint_seconds": 1e-6, "lr": 4e-3}
    unbroken = train(digits, out=tmp_path / "unbroken", **options)
    disk = Disk(monkeypatch)
    best = (unbroken.path / "best.safetensors").read_bytes()
    figures = json.loads((unbroken.path / "evaluation.json").read_text())
    said = []
    for count in range(200):
        disk.left, out = count, tmp_path / str(count)
        try:
            train(digits, out=out, **options)
            break
        except WorkFailed as error:
            said.append(str(error))
        disk.left = 10**9
        (run,) = (out / "classify").iterdir()
        assert not [path for path in run.iterdir() if path.name.endswith(".part")]
        if not (run / "preprocess.json").is_file():
            continue  # it had not begun
        assert (train(resume=run).path / "best.safetensors").read_bytes() == best
        assert json.loads((run / "evaluation.json").read_text()) == figures
    else:
        pytest.fail("it never came to its end")
    assert len(said) > 10
    assert all("No space left on device" in text and "\n" not in text for text in said)


@pytest.mark.promise
def test_a_small_disk_that_fills_up(digits, tmp_path):
    import subprocess
    import sys

    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        train = [sys.executable, "-m", "striate", "train"]
        command = [*train, str(digits), "--model", "lenet5", "--epochs", "3"]
        told = subprocess.run(
            [*command, "--checkpoint-seconds", "0.01", "--out", str(disk / "runs")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 1
        last = told.stderr.strip().splitlines()[-1]
        assert last.startswith("error: ") and "No space left on device" in last
        assert "Traceback" not in told.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        run = disk / "runs" / "classify" / "digits-lenet5"
        assert subprocess.run([*train, "--resume", str(run)], check=False).returncode == 0
    finally:
        subprocess.run(["umount", str(disk)], check=False)
