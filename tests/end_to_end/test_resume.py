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
    assert last.startswith("error: ") and "threads was 9" in last
    assert "the pictures have changed: of 60, 1 is gone (digit 0/000.png)" in last and "steps" not in last


def killed_often(data: Path, out: Path, options: list[object], kills: int, seed: int) -> None:
    """Train unbroken, and once killed at `kills` random moments; both must end with the same bytes."""
    began = time.monotonic()
    assert start(data, *options, "--out", out, "--name", "unbroken").wait() == 0
    whole = time.monotonic() - began
    run, chance, killed = out / "classify" / "killed", random.Random(seed), 0
    process = start(data, *options, "--out", out, "--name", "killed")
    wait_for_checkpoint_after(run, 0, process)
    while killed < kills and process.poll() is None:
        time.sleep(chance.uniform(0, 0.6 * whole))  # also while it starts, reads and evaluates
        if process.poll() is None:
            kill(process)
            killed += 1
            process = start("--resume", run)
    assert process.wait() == 0
    assert_same_end(out / "classify" / "unbroken", run)


@pytest.mark.promise
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("precision", "workers", "recipe"),
    [
        ("32-true", 1, ["--optimizer", "muon", "--balance", "sampling"]),
        ("bf16-mixed", 3, ["--optimizer", "lamb"]),
    ],
)
def test_twenty_kills_in_a_row_change_nothing(tmp_path, precision, workers, recipe):
    data = write_digits(tmp_path / "digits", "0123456789", 100)
    options = ["--model", "lenet5", "--epochs", 40, "--checkpoint-seconds", 0.05, "--precision", precision]
    killed_often(data, tmp_path, [*options, "--workers", workers, *recipe], kills=20, seed=workers)


def test_ctrl_c_saves_says_how_to_go_on_and_the_end_is_the_same(tmp_path):
    data = write_digits(tmp_path / "digits", "0123456789", 60)
    options = [data, "--model", "lenet5", "--epochs", 12, "--out", tmp_path]
    assert start(*options, "--name", "unbroken").wait() == 0
    process = subprocess.Popen(
        [*COMMAND, *map(str, options), "--name", "stopped"], stderr=subprocess.PIPE, text=True
    )
    run = tmp_path / "classify" / "stopped"
    while not (run / "metrics.jsonl").is_file() or (run / "metrics.jsonl").stat().st_size == 0:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"stopped; go on with: striate train --resume {run}" in said and "Traceback" not in said
    assert (run / "checkpoint.safetensors").is_file()  # long before the 30 seconds
    assert start("--resume", run).wait() == 0
    assert_same_end(tmp_path / "classify" / "unbroken", run)


@pytest.mark.promise
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
