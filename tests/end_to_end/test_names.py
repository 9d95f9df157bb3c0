"""A data folder whose name is no UTF-8, as old disks and archives have them, through every door."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.conftest import write_digits

ODD = os.fsdecode(b"un\xe9")


def striate(*words: object) -> subprocess.CompletedProcess[bytes]:
    """A new process, whose stdout refuses what is no UTF-8, as in most terminals."""
    env = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    return subprocess.run(
        [sys.executable, "-m", "striate", *map(str, words)], capture_output=True, env=env, check=False
    )


def test_a_folder_with_such_a_name_is_checked_trained_on_resumed_measured_and_reported(tmp_path: Path):
    data = write_digits(tmp_path / ODD / "digits", "01", 12)
    (data / "digit 1" / "000.png").rename(data / "digit 1" / f"{ODD}.png")
    (data / "digit 1").rename(data / ODD)
    out = tmp_path / ODD / "runs"
    trained = striate(
        "train", data, "--model", "lenet5", "--epochs", 1, "--out", out, "--name", "run", "--json"
    )
    assert trained.returncode == 0, trained.stderr
    run = out / "classify" / "run"
    config = tomllib.loads((run / "config.toml").read_text(encoding="utf-8"))
    assert config["data"] == f"{tmp_path}/un\\udce9/digits"
    assert json.loads((run / "dataset.json").read_text(encoding="utf-8"))["classes"] == ["digit 0", "un\\xe9"]
    (run / "result.json").unlink()  # as if it had been stopped at its end
    for words in (
        ("check", data),
        ("train", "--resume", run),
        ("evaluate", run),
        ("predict", run, data),
        ("report", run),
        ("report", run, "--out", tmp_path / ODD / "page.html"),
    ):
        for more in ((), ("--json",)):
            done = striate(*words, *more)
            assert done.returncode == 0, (words, done.stderr)
