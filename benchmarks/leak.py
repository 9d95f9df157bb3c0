"""How much a leaking split overstates accuracy: pictures split one by one against look-alikes kept together.

Data: 559 game textures in 12 classes, with colour variants of one motif (shared/data/textures). The network
and recipe are the same on both sides: EfficientNet-Lite0 with ImageNet weights, frozen, its features computed
once; then a logistic regression, and the nearest neighbour. Each seed is a stratified 5-fold
cross-validation, so that every picture is predicted once: by a head that may have seen its look-alike, or by
one that has not. The third side also keeps motifs together, by the stems of the names, as only who made the
textures can.

    python benchmarks/leak.py [DATA] [SEEDS]
"""

import json
import sys
import warnings
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from duplicates import stem
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from timing import RESULTS, this_machine

from striate.data.datasets.recognise import open_dataset
from striate.data.look_alikes.duplicates import groups as groups_of
from striate.data.look_alikes.duplicates import members
from striate.data.scan import scan
from striate.models.build import create_model
from striate.models.weights.pretrained import find_weights, load_weights, preprocessing_of
from striate.shapes import Picture

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "textures"
SEEDS = 12
FOLDS = 5
NETWORK = "efficientnet_lite0"
Array = npt.NDArray[Any]


def main(arguments: list[str]) -> None:
    """Measure, print, write benchmarks/results/leak.json."""
    data = Path(arguments[0]) if arguments else DATA
    seeds = int(arguments[1]) if len(arguments) > 1 else SEEDS
    features, labels, groups, motifs = prepare(data)
    alike = [row for family in members(groups) for row in family]
    paired = np.isin(np.arange(len(labels)), alike)
    print(f"{data.name}: n = {len(labels)} pictures, {len(alike)} of them in {len(members(groups))} groups")
    results: dict[str, Any] = {
        "pictures": len(labels),
        "in_groups": len(alike),
        "groups": len(members(groups)),
        "seeds": seeds,
        "folds": FOLDS,
        "heads": {},
    }
    heads = {
        "logistic regression": lambda: make_pipeline(
            StandardScaler(), LogisticRegression(C=0.01, max_iter=500)
        ),
        "nearest neighbour": lambda: make_pipeline(StandardScaler(), KNeighborsClassifier(1)),
    }
    for name, head in heads.items():
        sides = {"look-alikes together": groups, "motifs together": motifs}
        right: dict[str, list[Array]] = {"picture by picture": [], **{side: [] for side in sides}}
        for seed in range(seeds):
            alone = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(features, labels)
            together = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
            right["picture by picture"].append(predicted(head, features, labels, alone) == labels)
            for side, kept in sides.items():
                folds = together.split(features, labels, kept)
                right[side].append(predicted(head, features, labels, folds) == labels)
        results["heads"][name] = report(name, {side: np.stack(r) for side, r in right.items()}, paired)
    content = {
        "benchmark": "leak",
        "claim": "a split that parts look-alikes overstates accuracy",
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": this_machine(),
        "results": results,
    }
    (RESULTS / "leak.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def prepare(data: Path) -> tuple[Array, Array, list[int], list[int]]:
    """Features (N, D), labels, groups and motifs (N) of the pictures; one pass through the network."""
    module = create_model(NETWORK)
    load_weights(module, find_weights(NETWORK, download=False))
    module.eval()
    specification = preprocessing_of(NETWORK)
    dataset = open_dataset(data)
    fitted: dict[int, Picture] = {}

    def keep(row: int, picture: Picture) -> None:
        fitted[row] = specification.fit_picture(picture)

    found = scan(dataset, keep)
    rows, features = sorted(fitted), []
    with torch.inference_mode():
        for start in range(0, len(rows), 16):
            pictures = torch.stack([fitted[row] for row in rows[start : start + 16]])
            last = module.feature_maps(specification.normalise(pictures))[-1]
            features.append(last.mean(dim=(2, 3)))
    groups = found.groups()
    labels = np.array([dataset.items[row].truth.label for row in rows])
    first: dict[str, int] = {}
    stems = [(first.setdefault(stem(dataset.items[row].name), row), row) for row in rows]
    motifs = groups_of(len(groups), [*stems, *((group, row) for row, group in enumerate(groups))])
    return torch.cat(features).numpy(), labels, [groups[row] for row in rows], [motifs[row] for row in rows]


def predicted(head: Any, features: Array, labels: Array, folds: Iterable[tuple[Array, Array]]) -> Array:
    """The label of every picture, by the head that was fitted without its fold."""
    answers = np.full_like(labels, -1)
    for train, test in folds:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a class may be missing from a fold of groups
            answers[test] = head().fit(features[train], labels[train]).predict(features[test])
    return answers


def report(name: str, right: dict[str, Array], paired: Array) -> dict[str, Any]:
    """Mean accuracies over the seeds with 95 % intervals, and of the pictures that have a look-alike."""
    lines: dict[str, Any] = {}
    for what, which in (("all pictures", np.ones_like(paired)), ("with a look-alike", paired)):
        sides = {side: values[:, which].mean(axis=1) for side, values in right.items()}
        alone = sides["picture by picture"]
        gains = {f"overstated, {side}": alone - values for side, values in list(sides.items())[1:]}
        lines[what] = {"n": int(which.sum())}
        for side, values in (*sides.items(), *gains.items()):
            mean, half = float(values.mean()), interval(values)
            lines[what][side] = {"mean": mean, "interval": [mean - half, mean + half]}
            print(
                f"{name:<20} {what:<18} n = {which.sum():<4} {side:<32} {100 * mean:5.1f} ± {100 * half:.1f}"
            )
    return lines


def interval(values: Array) -> float:
    """Half of the 95 % interval of a mean over seeds (Student's t)."""
    return float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)


if __name__ == "__main__":
    main(sys.argv[1:])
