"""What a dry run foresees against what the run then takes, on three data sets."""

import json
import os
import subprocess
import sys
import time

import pytest
from tests.conftest import write_digits

COMMAND = [sys.executable, "-m", "striate", "train"]


def told(*arguments: object) -> tuple[dict, float, int]:
    """The JSON answer, seconds and largest memory in bytes of one command."""
    began = time.monotonic()
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
    return json.loads(answer.splitlines()[-1]), time.monotonic() - began, usage.ru_maxrss * 1024


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="largest memory is counted in other units elsewhere")
@pytest.mark.parametrize("which", ["digits", "textures", "faces"])
def test_memory_is_within_a_factor_of_two_and_time_within_what_a_busy_machine_allows(
    which, request, tmp_path
):
    if which == "digits":
        options = [write_digits(tmp_path / "digits", "0123456789", 150), "--model", "lenet5", "--epochs", 30]
    else:
        data = request.getfixturevalue("shared") / "data" / which
        options = [data, *(["--image-size", 64] if which == "textures" else []), "--epochs", 3]
    said, _, _ = told(*options, "--dry-run")
    run, _, memory = told(*options, "--out", tmp_path)
    assert said["pictures"] == run["pictures"]
    assert 0.5 < said["estimate"]["memory_bytes"] / memory < 2
    # The aim is a factor of two on a quiet machine; other work may take the machine away in either half.
    ratio = said["estimate"]["seconds"] / run["total_seconds"]
    assert 0.2 < ratio < 5
