"""Does `--transfer auto` choose well? Every rung and auto on several seeded splits of several data sets.

The peer is scikit-learn's linear head with its penalty chosen by cross-validation (`LogisticRegressionCV`) on
the same frozen features of the same splits. Differences between means are of paired splits; the interval of a
mean is 1.96 standard errors over the splits, which share pictures, so it is somewhat too narrow.

    python benchmarks/auto_transfer.py ../shared/data/textures ../shared/data/faces --seeds 5

Stamps: the categories with ten pictures or more of a CSV with `file,category`, with --stamps FOLDER. A rung
that is finished under --out is not trained again, and rungs that an earlier run measured on the same splits
stay. Needs scikit-learn.
"""

import argparse
import csv
import json
from collections import Counter
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from timing import RESULTS
from torch import Tensor

from striate.actions.train import train
from striate.machine.description import describe
from striate.runs.folder import RunFolder
from striate.trainer.options import TrainOptions
from striate.trainer.preparing import prepare

MODES = ("probe", "features", "frozen", "finetune", "auto")
MODEL = {"model": "efficientnet_lite0", "weights": "imagenet"}
FEWEST = 10  # pictures of a category of the stamps


def stamps_table(folder: Path, out: Path) -> Path:
    """A CSV data set of the categories with at least `FEWEST` pictures."""
    with (folder / "captions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    counts = Counter(row["category"] for row in rows)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "stamps.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "label"])
        for row in rows:
            if counts[row["category"]] >= FEWEST:
                table.writerow([str((folder / row["file"]).resolve()), row["category"]])
    return path


def measured(data: Path, mode: str, seed: int, out: Path) -> dict[str, float]:
    """Accuracy, calibration error and seconds of a mode on one split; a finished run counts."""
    name = f"{data.stem}-{mode}-{seed}"
    folder = RunFolder(out / "classify" / name)
    if not folder.finished:
        folder = RunFolder(train(data, transfer=mode, seed=seed, out=out, name=name, **MODEL).path)
    result = folder.read_json("result.json")
    chosen = folder.read_toml("config.toml")["resolved"]["recipe"]
    return {
        "accuracy": result["metrics"]["accuracy"],
        "ece": result["metrics"]["ece"],
        "seconds": result["total_seconds"],
        "recipe": chosen,
    }


def sklearn_head(data: Path, seed: int) -> dict[str, float]:
    """The peer on the same features and split."""
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    with torch.random.fork_rng(devices=[]):
        options = TrainOptions(data=data, transfer="probe", seed=seed, **MODEL)
        prepared = prepare(options, None, lambda _: None)
    parts, features = prepared.data.split, prepared.setup.features
    labels: Tensor = prepared.data.store.labels
    head = make_pipeline(StandardScaler(), LogisticRegressionCV(Cs=8, cv=3, max_iter=2000, random_state=seed))
    head.fit(features.of(parts.train).numpy(), labels[torch.tensor(parts.train)].numpy())
    right = head.predict(features.of(parts.test).numpy()) == labels[torch.tensor(parts.test)].numpy()
    return {"accuracy": float(right.mean())}


def summary(rows: list[dict[str, float]], key: str) -> dict[str, object]:
    """Mean, 1.96 standard errors and the single values."""
    values = [row[key] for row in rows]
    half = 1.96 * stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
    return {"mean": mean(values), "half": half, "values": values}


def main() -> None:
    """Measure, print and write results/auto_transfer.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--stamps", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0, help="rules were made with 0 to 4")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--out", type=Path, default=Path("runs/auto_transfer"))
    parser.add_argument("--without-peer", action="store_true")
    given = parser.parse_args()
    if not given.data and not given.stamps:
        parser.error("name the data sets, or --stamps FOLDER")
    sets = [*given.data, *([stamps_table(given.stamps, given.out)] if given.stamps else [])]
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    found = earlier(list(seeds))
    for data in sets:
        print(f"{data.stem}, {given.seeds} splits")
        rungs = found.setdefault(data.stem, {})
        for mode in given.modes.split(","):
            rows = [measured(data, mode, seed, given.out) for seed in seeds]
            rungs[mode] = {key: summary(rows, key) for key in ("accuracy", "ece", "seconds")}
            rungs[mode]["recipes"] = [row["recipe"] for row in rows]
            show(mode, rungs[mode])
        if not given.without_peer:
            rows = [sklearn_head(data, seed) for seed in seeds]
            rungs["scikit-learn"] = {"accuracy": summary(rows, "accuracy")}
            show("scikit-learn", rungs["scikit-learn"])
        judge(rungs)
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps({"machine": describe(), "seeds": list(seeds), "sets": found}, indent=1)
        (RESULTS / "auto_transfer.json").write_text(text + "\n")


def earlier(seeds: list[int]) -> dict[str, dict[str, Any]]:
    """The rungs that an earlier run measured on the same splits."""
    path = RESULTS / "auto_transfer.json"
    if not path.is_file():
        return {}
    read = json.loads(path.read_text(encoding="utf-8"))
    return dict(read["sets"]) if read["seeds"] == seeds else {}


def judge(rungs: dict[str, Any]) -> None:
    """What auto's mean is above the best rung's, if both were measured."""
    means = {mode: rungs[mode]["accuracy"]["mean"] for mode in MODES if mode in rungs}
    if "auto" in means and len(means) > 1:
        best = max((value, mode) for mode, value in means.items() if mode != "auto")
        rungs["auto_minus_best"] = {"points": 100 * (means["auto"] - best[0]), "best": best[1]}
        print(f"  auto - {best[1]}: {100 * (means['auto'] - best[0]):+.1f} points (goal: -1 or more)")


def show(name: str, rung: dict[str, dict[str, object]]) -> None:
    """One line of figures."""
    accuracy = rung["accuracy"]
    half = f" ± {100 * accuracy['half']:.1f}" if accuracy["half"] is not None else ""
    more = ""
    if "ece" in rung:
        more = f"   ECE {rung['ece']['mean']:.3f}   {rung['seconds']['mean']:.0f} s   {rung.get('recipes')}"
    print(f"  {name:<14} {100 * accuracy['mean']:5.1f}{half} %{more}", flush=True)


if __name__ == "__main__":
    main()
