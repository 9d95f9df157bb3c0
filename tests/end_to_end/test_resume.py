"""A training that is killed goes on and ends bit for bit where the unbroken one ends."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.conftest import write_digits

from striate.runs.checkpoint import read_tree, same_tree

COMMAND = [sys.executable, "-m", "striate", "train"]


def start(*arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def wait_for_checkpoint_after(run: Path, epochs: int, process: subprocess.Popen[bytes]) -> None:
    """Until the run has a checkpoint and this many epochs, while the training goes on."""
    deadline = time.monotonic() + 120
    metrics, checkpoint = run / "metrics.jsonl", run / "checkpoint.safetensors"
    while time.monotonic() < deadline:
        assert process.poll() is None, "the training ended before it could be killed"
        if checkpoint.is_file() and metrics.is_file() and metrics.read_text().count("\n") >= epochs:
            return
        time.sleep(0.02)
    pytest.fail("no checkpoint within two minutes")


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def without_times(run: Path) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def assert_same_end(first: Path, second: Path) -> None:
    assert (first / "best.safetensors").read_bytes() == (second / "best.safetensors").read_bytes()
    trees = [read_tree(run / "checkpoint.safetensors") for run in (first, second)]
    assert same_tree(*trees)
    assert set(trees[0]) == {"position", "network", "optimizer", "average"}
    assert without_times(first) == without_times(second)
    figures = [json.loads((run / "evaluation.json").read_text()) for run in (first, second)]
    assert figures[0] == figures[1]


def test_a_killed_training_resumes_bit_for_bit(tmp_path):
    data = write_digits(tmp_path / "digits", "0123456789", 60)
    options = [data, "--model", "lenet5", "--epochs", 10, "--checkpoint-seconds", 0.05, "--out", tmp_path]
    assert start(*options, "--name", "unbroken").wait() == 0

    run = tmp_path / "classify" / "killed"
    process = start(*options, "--name", "killed")
    wait_for_checkpoint_after(run, 2, process)
    kill(process)
    assert not (run / "result.json").exists()
    process = start("--resume", run)  # and once more, in the resumed training
    wait_for_checkpoint_after(run, 5, process)
    kill(process)
    assert start("--resume", run).wait() == 0
    assert_same_end(tmp_path / "classify" / "unbroken", run)


def test_a_run_without_a_checkpoint_starts_from_its_beginning(tmp_path):
    data = write_digits(tmp_path / "digits", "01", 60)
    options = [data, "--model", "lenet5", "--epochs", 2, "--out", tmp_path]
    assert start(*options, "--name", "unbroken").wait() == 0
    assert start(*options, "--name", "lost").wait() == 0
    lost = tmp_path / "classify" / "lost"
    for name in (
        "checkpoint.safetensors",
        "best.safetensors",
        "result.json",
        "evaluation.json",
        "report.html",
    ):
        (lost / name).unlink()
    assert start("--resume", lost).wait() == 0
    assert_same_end(tmp_path / "classify" / "unbroken", lost)


def test_other_pictures_or_threads_are_named_and_refused(tmp_path):
    data = write_digits(tmp_path / "digits", "01", 30)
    assert start(data, "--model", "lenet5", "--epochs", 1, "--out", tmp_path, "--name", "run").wait() == 0
    run = tmp_path / "classify" / "run"
    (run / "result.json").unlink()
    (data / "digit 0" / "000.png").unlink()
    config = run / "config.toml"
    config.write_text(config.read_text().replace("threads = ", "threads = 9"))
    refused = subprocess.run([*COMMAND, "--resume", str(run)], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    last = refused.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ") and "the pictures have changed" in last and "threads was 9" in last


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_stages_on_photographs_killed_at_random_moments(tmp_path, shared, seed):
    data = tmp_path / "textures"
    data.mkdir()
    for name in ("bricks", "carpet", "grass"):
        (data / name).symlink_to(shared / "data" / "textures" / name)
    data = copy_of(data)
    options = [data, "--image-size", 96, "--epochs", 6, "--checkpoint-seconds", 0.2, "--out", tmp_path]
    assert start(*options, "--name", "unbroken").wait() == 0
    run, chance = tmp_path / "classify" / "killed", random.Random(seed)
    process = start(*options, "--name", "killed")
    wait_for_checkpoint_after(run, 0, process)
    for _ in range(3):
        time.sleep(chance.uniform(0.1, 3))
        if process.poll() is None:
            kill(process)
        process = start("--resume", run)
        time.sleep(chance.uniform(4, 8))
    assert process.wait() == 0
    assert_same_end(tmp_path / "classify" / "unbroken", run)


def copy_of(folder: Path) -> Path:
    """The folder with its links followed: a data set does not leave its folder."""
    import shutil

    return Path(shutil.copytree(folder, folder.with_name(folder.name + "-copy")))
