"""Seconds of training until MNIST is read at 99.3 %: `striate train` against Keras with the book's network.

Claim: ten times faster. Both sides have a fixed schedule and use the test part once a training, at its end.
The peer (`peers/keras_mnist.py`, RMSprop, batch 64) has no schedule, so one training gives every length up to
`EPOCHS`; its time is that of the smallest number of epochs whose median accuracy over the seeds reaches the
goal, or of all of them, as a lower bound, if none does; `keras_to_striate_by_epoch` has every length.
Ours is `striate train FOLDER` with nothing else said: the choice of network and recipe, training and
validation are counted; reading the files, the test part and the report are not, as on the other side, and
stand beside as the whole command's seconds.

`share_of_peak`: the network's multiply-adds in training (three times the forward pass's, once for validation)
a second, as a share of those of large matrix products that were measured in the same run.

    make bench, or: python benchmarks/mnist_race.py FOLDER-WITH-IDX-FILES [SEEDS]
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from timing import Timing, write_result

from striate.models.catalog import find_entry

ROOT = Path(__file__).resolve().parent.parent
KERAS = Path(os.environ.get("STRIATE_PEERS", ROOT / ".venv-peers")) / "bin" / "python"
SEEDS, EPOCHS, GOAL = 5, 12, 0.993


def lines(command: list[str]) -> list[dict[str, Any]]:
    """Run a command to its end and read what it printed as JSON, line by line."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def keras(data: str, seed: int) -> list[dict[str, Any]]:
    """Seconds and accuracy of the peer after every epoch."""
    return lines([str(KERAS), str(ROOT / "benchmarks/peers/keras_mnist.py"), data, str(seed), str(EPOCHS)])


def striate(data: str, seed: int) -> dict[str, Any]:
    """Seconds and accuracy of ours."""
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        command = ["train", data, "--seed", str(seed), "--out", out, "--json"]
        answer = lines([sys.executable, "-m", "striate", *command])[-1]
        return {
            "seconds": answer["seconds"],
            "command": time.perf_counter() - start,
            "accuracy": answer["metrics"]["accuracy"],
            "model": answer["model"],
            "epochs": answer["epochs"],
            "pictures": answer["pictures"],
        }


def matrix_peak(kind: torch.dtype, side: int = 2048, times: int = 7) -> float:
    """Multiply-adds a second of the fastest of some products of square matrices."""
    first, second = (torch.randn(side, side).to(kind) for _ in range(2))
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        torch.mm(first, second)
        seconds.append(time.perf_counter() - start)
    return side**3 / min(seconds)


def share_of_peak(runs: list[dict[str, Any]], peaks: dict[str, float]) -> dict[str, Any]:
    """Of the median training: its multiply-adds a second and their share of each peak."""
    rates = []
    for run in runs:
        entry, pictures = find_entry(run["model"]), run["pictures"]
        assert entry.input == (1, 28, 28), "the catalogue's count is of another size"
        passes = run["epochs"] * (3 * pictures["train"] + pictures["validation"])
        rates.append(passes * entry.multiply_adds / run["seconds"])
    rate = statistics.median(rates)
    shares = {name: rate / peak for name, peak in peaks.items()}
    return {"multiply_adds_a_second": rate, "peak_multiply_adds_a_second": peaks, "share": shares}


def main(arguments: list[str]) -> None:
    """Measure seed by seed, print, write benchmarks/results/mnist_race.json."""
    default = ROOT.parent / "shared/data/mnist"
    data = arguments[0] if arguments else str(default)
    if not Path(data).is_dir() or not KERAS.exists():
        raise SystemExit("skipped: needs MNIST's IDX files as FOLDER and Keras in .venv-peers (`make bench`)")
    seeds = range(int(arguments[1]) if len(arguments) > 1 else SEEDS)
    theirs, ours = [], []
    kinds = {"float32": torch.float32, "bfloat16": torch.bfloat16}
    peaks = {name: matrix_peak(kind) for name, kind in kinds.items()}
    for seed in seeds:
        ours.append(striate(data, seed))
        theirs.append(keras(data, seed))
        print(f"seed {seed}: striate {ours[-1]}, keras {theirs[-1][-1]}", flush=True)
    median = [statistics.median(run[epoch]["accuracy"] for run in theirs) for epoch in range(EPOCHS)]
    reached = [epoch for epoch in range(EPOCHS) if median[epoch] >= GOAL]
    length = reached[0] if reached else EPOCHS - 1
    timings = {
        "striate": Timing("striate", tuple(run["seconds"] for run in ours)),
        "keras": Timing("keras", tuple(run[length]["seconds"] for run in theirs)),
    }
    results = {
        "goal": GOAL,
        "striate_accuracy": [run["accuracy"] for run in ours],
        "striate_median_accuracy": statistics.median(run["accuracy"] for run in ours),
        "striate_whole_command_seconds": [run["command"] for run in ours],
        "keras_epochs": length + 1,
        "keras_reached_the_goal": bool(reached),
        "keras_median_accuracy_by_epoch": median,
        "keras_to_striate_by_epoch": [
            statistics.median(run[epoch]["seconds"] for run in theirs) / timings["striate"].median
            for epoch in range(EPOCHS)
        ],
        "keras_to_striate": timings["keras"].ratio_to(timings["striate"]),
        "share_of_peak": share_of_peak(ours, peaks),
        "runs": {"striate": ours, "keras": theirs},
    }
    print(*timings.values(), sep="\n")
    print("share of the matrix peak:", results["share_of_peak"])
    least = "" if reached else "at least "
    print(
        f"accuracy {results['striate_median_accuracy']:.4f} against {median[length]:.4f} after {length + 1} "
        f"epochs; keras takes {least}{results['keras_to_striate']:.1f} times as long (goal: 10)"
    )
    print(write_result("mnist_race", "MNIST at 99.3 % ten times faster than Keras", timings, results))


if __name__ == "__main__":
    main(sys.argv[1:])
