"""Seconds from a folder of photographs to a measured network, against torch as usual and fastai.

Ours is `striate.train(data)`: reading, features, head, calibration, test part, report; caches start empty in
every round. (a) The usual torch recipe: the same weights with a frozen backbone, fp32, contiguous, a linear
head, every picture through the backbone in each of 20 epochs (peers/usual_transfer.py). (b) fastai's
`vision_learner(...).fine_tune(5)` from the same weights (peers/fastai_transfer.py). All three get the same
split and run in turn, the peers in processes of their own without our settings of threads and memory; imports
are not counted on any side. What differs: fastai changes its pictures and trains all layers, we write a run
and a report.

    STRIATE_PEERS=DIR python benchmarks/transfer.py ../shared/data/textures
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import RESULTS, Timing, write_result

from striate.data.datasets.recognise import open_dataset
from striate.models.weights.pretrained import find_weights

ROOT = Path(__file__).resolve().parents[1]
PEERS = Path(os.environ.get("STRIATE_PEERS", ROOT / ".venv-peers")) / "bin" / "python"
CLAIM = (
    "a measured network from a folder in a twentieth of the usual torch recipe's time, a tenth of fastai's"
)
CODE = """
import json, sys, time
from striate import tune_process
tune_process()
import torchvision
from striate.actions.train import train
from striate.engines.openvino_engine import import_openvino
import_openvino()
import openvino.frontend.pytorch.ts_decoder, openvino.tools.ovc.convert_impl
began = time.perf_counter()
run = train(sys.argv[1], out=sys.argv[2], seed=int(sys.argv[3]))
seconds = time.perf_counter() - began
print(json.dumps({"seconds": seconds, "accuracy": run.metrics["accuracy"], "run": str(run.path)}))
"""
SIDES = {
    "torch": (Path(sys.executable), "usual_transfer.py"),
    "fastai": (PEERS, "fastai_transfer.py"),
}
GOALS = {"torch": 20.0, "fastai": 10.0}


def ours(data: Path, out: Path, seed: int) -> dict[str, object]:
    """Seconds and accuracy of `striate.train` with empty caches."""
    with tempfile.TemporaryDirectory() as cache:
        own = {**os.environ, "STRIATE_CACHE": cache}
        return answer_of([sys.executable, "-c", CODE, str(data), str(out), str(seed)], own)


def answer_of(command: list[str], environment: dict[str, str]) -> dict[str, object]:
    """The last line that a process writes, as JSON."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(command[:2])} failed:\n{done.stderr[-2000:]}")
    found: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def peer(name: str, data: Path, split: dict[str, list[str]], seed: int) -> dict[str, object]:
    """What a peer's process measures on the same split, imports not counted."""
    dataset = open_dataset(data)
    labels = {item.name: dataset.classes[item.truth.label] for item in dataset.items}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "split.csv"
        with table.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "label", "part"])
            for part, names in split.items():
                writer.writerows([[str(data.resolve() / one), labels[one], part] for one in names])
        python, script = SIDES[name]
        given = [str(python), str(ROOT / "benchmarks/peers" / script), str(table)]
        weights = find_weights("efficientnet_lite0", download=False)
        return answer_of([*given, str(weights), str(seed)], as_usual())


def as_usual() -> dict[str, str]:
    """The environment in which threads and freed memory are as torch finds them without us."""
    own = ("OMP_", "GOMP_", "MALLOC_", "GLIBC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return kept | {"PYTHONPATH": str(ROOT / "src")}


def main() -> None:
    """Measure side by side, print, and write results/transfer.json after each round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--add", action="store_true", help="to the rounds in the result file, with the next seeds"
    )
    parser.add_argument("--peers", default="torch,fastai")
    given = parser.parse_args()
    wanted = given.peers.split(",")
    if "fastai" in wanted and not PEERS.is_file():
        sys.exit(f"there is no {PEERS}; make the peers' environment or choose --peers torch")
    rounds = earlier(wanted) if given.add else {name: [] for name in ("striate", *wanted)}
    first = len(rounds["striate"])
    with tempfile.TemporaryDirectory() as out:
        for seed in range(first, first + given.rounds):
            rounds["striate"].append(ours(given.data, Path(out), seed))
            run = Path(str(rounds["striate"][-1].pop("run")))
            split = json.loads((run / "dataset.json").read_text())["split"]
            for name in wanted:
                rounds[name].append(peer(name, given.data, split, seed))
            say(rounds)


def earlier(wanted: list[str]) -> dict[str, list[dict[str, object]]]:
    """The rounds of the result file: a round takes long, and each holds all sides."""
    read = json.loads((RESULTS / "transfer.json").read_text())
    return {
        name: [
            {"seconds": seconds, "accuracy": accuracy}
            for seconds, accuracy in zip(
                read["timings"][name]["seconds"], read["results"]["accuracies"][name], strict=True
            )
        ]
        for name in ("striate", *wanted)
    }


def say(rounds: dict[str, list[dict[str, object]]]) -> None:
    """Print where the rounds so far stand, and write them down."""
    timings = {
        name: Timing(name, tuple(float(str(row["seconds"])) for row in rows)) for name, rows in rounds.items()
    }
    accuracies = {name: [row["accuracy"] for row in rows] for name, rows in rounds.items()}
    ratios = {}
    for name, timing in timings.items():
        share = statistics.fmean(float(str(one)) for one in accuracies[name])
        print(f"{timing}   mean accuracy {100 * share:.1f} %", flush=True)
        if name != "striate":
            pairs = zip(timing.seconds, timings["striate"].seconds, strict=True)
            ratios[name] = statistics.median(theirs / own for theirs, own in pairs)
            print(f"{'':<28} {ratios[name]:.1f} times ours (goal {GOALS[name]:g})", flush=True)
    write_result("transfer", CLAIM, timings, {"ratios": ratios, "goals": GOALS, "accuracies": accuracies})


if __name__ == "__main__":
    main()
