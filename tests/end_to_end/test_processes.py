"""Two processes on one machine learn what one does, go on after a kill, and run under torchrun."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.conftest import write_digits

from striate.runs.checkpoint import read_tree, same_tree

STRIATE = [sys.executable, "-m", "striate"]
LAUNCHER = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
TORCHRUN = [*LAUNCHER, "-m", "striate"]
pytestmark = [pytest.mark.promise, pytest.mark.timeout(900)]


def run(*arguments: object, program: list[str] = STRIATE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program, "train", *map(str, arguments)], capture_output=True, text=True, check=True, timeout=400
    )


def losses(path: Path) -> list[float]:
    return [json.loads(line)["train_loss"] for line in (path / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    out = tmp_path_factory.mktemp("processes")
    data = write_digits(out / "digits", "0123456789", 41)  # batches of unequal shares
    return [data, "--model", "lenet5", "--epochs", 6, "--batch-size", 15, "--out", out]


def test_the_loss_curve_is_that_of_one_process_and_one_process_writes(options):
    out = options[-1] / "classify"
    # Adam divides by the gradients' size, and where that is next to nothing a rounding becomes a step.
    more = [*options, "--optimizer", "sgd", "--lr", 0.02]
    run(*more, "--name", "one")
    told = run(*more, "--name", "two", "--devices", 2, "--json")
    assert json.loads(told.stdout.splitlines()[-1])["run"] == str(out / "two")
    assert told.stdout.count("\n") == 1 and not (out / "two-2").exists()
    # Sums in another order: the bits differ, the curve does not.
    assert losses(out / "two") == pytest.approx(losses(out / "one"), rel=1e-4)


def test_torchrun_gives_the_same_bytes(options):
    out = options[-1] / "classify"
    run(*options, "--name", "ours", "--devices", 2)
    run(*options, "--name", "theirs", program=TORCHRUN)
    assert losses(out / "ours") == losses(out / "theirs")
    best = [(out / name / "best.safetensors").read_bytes() for name in ("ours", "theirs")]
    assert best[0] == best[1]


def test_two_processes_go_on_bit_for_bit(options):
    out = options[-1] / "classify"
    more = [*options, "--devices", 2, "--epochs", 12, "--checkpoint-seconds", 0.1]
    run(*more, "--name", "unbroken")
    process = subprocess.Popen(
        [*STRIATE, "train", *map(str, more), "--name", "killed"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    metrics = out / "killed" / "metrics.jsonl"
    while not (metrics.is_file() and metrics.read_text().count("\n") >= 3):
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)  # both processes
    process.wait()
    run("--resume", out / "killed")
    trees = [read_tree(out / name / "checkpoint.safetensors") for name in ("unbroken", "killed")]
    assert same_tree(*trees)


def listening(group: int) -> set[str]:
    """Hexadecimal addresses at which the processes of a group wait for connections."""
    sockets, found = set(), set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) == group:
                sockets |= {str(link.readlink()) for link in (process / "fd").iterdir()}
        except OSError:  # it has ended
            continue
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.add(fields[1].split(":")[0])
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="sockets are listed in /proc on Linux only")
def test_two_processes_listen_on_the_loopback_interface_alone(options, tmp_path):
    found = set()
    arguments = [*options, "--name", "heard", "--devices", 2]
    with subprocess.Popen([*STRIATE, "train", *map(str, arguments)], start_new_session=True) as process:
        while process.poll() is None:
            found |= listening(process.pid)
            time.sleep(0.005)
    assert process.returncode == 0
    assert found == {"0100007F"}  # 127.0.0.1
