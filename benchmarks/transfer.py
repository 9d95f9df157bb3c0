"""Seconds from a folder of photographs to a measured network, against torch as usual and fastai.

Ours is `striate.train(data)`: reading, features, head, calibration, test part, report; caches start empty in
every round. (a) The usual torch recipe: the same weights with a frozen backbone in evaluation mode, fp32,
contiguous, pictures decoded once, a linear head trained by Adam for 20 epochs, every picture through the
backbone in every epoch, the best epoch on validation kept, the test part at the end. (b) fastai's
`vision_learner(...).fine_tune(5)` from the same weights (peers/fastai_transfer.py). All three get the same
split and threads; imports are not counted on any side. What differs: fastai changes its pictures and trains
all layers, we write a run and a report.

    STRIATE_PEERS=DIR python benchmarks/transfer.py ../shared/data/textures
"""

import argparse
import copy
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from timing import RESULTS
from torch import nn
from torch.nn import functional as F

from striate import machine
from striate.actions.train import train
from striate.data.datasets.recognise import open_dataset
from striate.models.backbone import replace_head
from striate.models.build import create_model
from striate.models.pretrained import find_weights, load_weights, preprocessing_of

ROOT = Path(__file__).resolve().parents[1]
PEERS = Path(os.environ.get("STRIATE_PEERS", ROOT / ".venv-peers")) / "bin" / "python"
NETWORK = "efficientnet_lite0"
EPOCHS, BATCH, RATE = 20, 32, 1e-3
GOALS = {"torch": 20.0, "fastai": 10.0}


def ours(data: Path, out: Path, seed: int) -> dict[str, object]:
    """Seconds and accuracy of `striate.train` with empty caches."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["STRIATE_CACHE"] = cache
        began = time.perf_counter()
        run = train(data, seed=seed, out=out)
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "accuracy": run.metrics["accuracy"], "run": str(run.path)}


def usual_torch(data: Path, split: dict[str, list[str]], seed: int) -> dict[str, object]:
    """Seconds and accuracy of the usual recipe on the same split."""
    torch.manual_seed(seed)
    began = time.perf_counter()
    dataset, spec = open_dataset(data), preprocessing_of(NETWORK)
    rows = {item.name: row for row, item in enumerate(dataset.items)}
    parts = {}
    for part, names in split.items():
        pictures = torch.stack([spec.fit_picture(dataset.read(rows[name])[0]) for name in names])
        labels = torch.tensor([dataset.items[rows[name]].truth.label for name in names])
        parts[part] = (pictures.contiguous(), labels)
    network = create_model(NETWORK)
    load_weights(network, find_weights(NETWORK, download=False))
    replace_head(network, len(dataset.classes))
    network.requires_grad_(False)
    head = network.get_submodule(network.head)
    optimizer = torch.optim.Adam(head.requires_grad_(True).parameters(), lr=RATE)
    best, kept = -1.0, copy.deepcopy(head.state_dict())
    for _ in range(EPOCHS):
        network.eval()
        pictures, labels = parts["train"]
        for chosen in torch.randperm(len(labels)).split(BATCH):
            loss = F.cross_entropy(network(spec.normalise(pictures[chosen]).contiguous()), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        found = accuracy(network, spec, *parts["validation"])
        if found > best:
            best, kept = found, copy.deepcopy(head.state_dict())
    head.load_state_dict(kept)
    tested = accuracy(network, spec, *parts["test"])
    return {"seconds": time.perf_counter() - began, "accuracy": tested}


@torch.no_grad()
def accuracy(network: nn.Module, spec: object, pictures: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of right answers."""
    right = 0
    for part, truth in zip(pictures.split(BATCH), labels.split(BATCH), strict=True):
        right += int((network(spec.normalise(part).contiguous()).argmax(1) == truth).sum())
    return right / max(1, len(labels))


def fastai(data: Path, split: dict[str, list[str]], seed: int) -> dict[str, object]:
    """The other environment's figures, imports not counted."""
    dataset = open_dataset(data)
    labels = {item.name: dataset.classes[item.truth.label] for item in dataset.items}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "split.csv"
        with table.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "label", "part"])
            for part, names in split.items():
                writer.writerows([[str(data.resolve() / name), labels[name], part] for name in names])
        weights = find_weights(NETWORK, download=False)
        script = ROOT / "benchmarks" / "peers" / "fastai_transfer.py"
        given = [str(PEERS), str(script), str(table), str(weights), str(seed)]
        path = f"{ROOT / 'src'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        done = subprocess.run(
            given, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path}
        )
    if done.returncode:
        sys.exit(f"fastai's side failed:\n{done.stderr[-2000:]}")
    found: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Measure side by side, print, and write results/transfer.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default="torch,fastai")
    given = parser.parse_args()
    wanted = given.peers.split(",")
    if "fastai" in wanted and not PEERS.is_file():
        sys.exit(f"there is no {PEERS}; make the peers' environment or choose --peers torch")
    rounds: dict[str, list[dict[str, object]]] = {"striate": [], **{name: [] for name in wanted}}
    with tempfile.TemporaryDirectory() as out:
        for seed in range(given.rounds):
            rounds["striate"].append(ours(given.data, Path(out), seed))
            run = Path(str(rounds["striate"][-1].pop("run")))
            split = json.loads((run / "dataset.json").read_text())["split"]
            for name in wanted:
                side = {"torch": usual_torch, "fastai": fastai}[name]
                rounds[name].append(side(given.data, split, seed))
    ratios = {}
    for name, rows in rounds.items():
        seconds = sorted(float(row["seconds"]) for row in rows)
        share = sum(float(row["accuracy"]) for row in rows) / len(rows)
        print(f"{name:<10} median {seconds[len(seconds) // 2]:8.1f} s   mean accuracy {100 * share:.1f} %")
        if name != "striate":
            pairs = zip(rows, rounds["striate"], strict=True)
            each = sorted(float(peer["seconds"]) / float(own["seconds"]) for peer, own in pairs)
            ratios[name] = each[len(each) // 2]
            print(f"{'':<10} {ratios[name]:.1f} times ours (goal {GOALS[name]:g})")
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"machine": machine.describe(), "rounds": rounds, "ratios": ratios}, indent=1)
    (RESULTS / "transfer.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
