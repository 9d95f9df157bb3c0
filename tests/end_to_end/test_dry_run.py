"""What a dry run foresees against what the run then takes, on three data sets; seconds are not gated."""

import json
import os
import subprocess
import sys

import pytest
from tests.conftest import write_digits

COMMAND = [sys.executable, "-m", "striate", "train"]


def told(*arguments: object) -> tuple[dict, int]:
    """The JSON answer and largest memory in bytes of one command."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    answer = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return json.loads(answer.splitlines()[-1]), usage.ru_maxrss * 1024


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="largest memory is counted in other units elsewhere")
@pytest.mark.parametrize("which", ["digits", "textures", "faces"])
def test_memory_is_within_a_factor_of_two_and_time_is_foreseen(which, request, tmp_path):
    if which == "digits":
        options = [write_digits(tmp_path / "digits", "0123456789", 150), "--model", "lenet5", "--epochs", 30]
    else:
        data = request.getfixturevalue("shared") / "data" / which
        options = [data, *(["--image-size", 64] if which == "textures" else []), "--epochs", 3]
    said, _ = told(*options, "--dry-run")
    run, memory = told(*options, "--out", tmp_path)
    assert said["pictures"] == run["pictures"]
    assert 0.5 < said["estimate"]["memory_bytes"] / memory < 2
    assert said["estimate"]["seconds"] > 0  # a busy machine decides how near it comes
