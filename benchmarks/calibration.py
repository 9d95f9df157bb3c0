"""Which temperature makes probabilities true: cross-entropy's, the Brier score's or the mean confidence's?

Linear heads on frozen EfficientNet-Lite0 features of folders of pictures, on many random 70/15/15 splits; the
temperature is fitted on the validation part of each, once by each criterion, on the same scores. With `--run`
the answers of a trained network to the test pictures of `--pool` are cut at random into a small part to fit
and a large one to measure. The calibration error is counted over the test answers of all splits together (a
picture may be in several test parts), because the error of a single part of 80 pictures is mostly chance.

    striate demo --out /tmp/runs
    python benchmarks/calibration.py ../shared/data/textures ../shared/data/faces \
        --run /tmp/runs/classify/demo --pool ../shared/data/mnist
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor, nn
from torch.nn import functional as F

from striate.actions.load import load
from striate.data.datasets.recognise import open_dataset
from striate.metrics.calibration_error import calibration_error_by_chance, expected_calibration_error
from striate.models.build import create_model
from striate.models.weights.pretrained import find_weights, load_weights, preprocessing_of
from striate.tasks.classify.calibration import BOUND, at_bound, fit_temperature

NETWORK = "efficientnet_lite0"


def features(path: Path) -> tuple[Tensor, Tensor]:
    """Pooled features (N, D) and labels (N,) of all pictures."""
    dataset, spec = open_dataset(path), preprocessing_of(NETWORK)
    network = create_model(NETWORK)
    load_weights(network, find_weights(NETWORK, download=False))
    network.eval()
    found = []
    with torch.inference_mode():
        for row in range(len(dataset.items)):
            picture = spec.fit_picture(dataset.read(row)[0])[None]
            images = spec.normalise(picture).contiguous(memory_format=torch.channels_last)
            found.append(network.feature_maps(images)[-1].mean((2, 3)))
    return torch.cat(found), torch.tensor([item.truth.label for item in dataset.items])


def split(labels: Tensor, seed: int) -> list[Tensor]:
    """Rows of training, validation and test, 70/15/15 in every class."""
    generator = torch.Generator().manual_seed(seed)
    parts: list[list[Tensor]] = [[], [], []]
    for label in labels.unique():
        rows = torch.nonzero(labels == label).flatten()
        rows = rows[torch.randperm(len(rows), generator=generator)]
        cuts = (round(0.7 * len(rows)), round(0.85 * len(rows)))
        for part, chosen in zip(parts, torch.tensor_split(rows, cuts), strict=True):
            part.append(chosen)
    return [torch.cat(part) for part in parts]


def head_scores(inputs: Tensor, labels: Tensor, seed: int, smoothing: float) -> list[tuple[Tensor, Tensor]]:
    """Scores and labels of the validation and the test part, from a head that the training part taught."""
    train, *others = split(labels, seed)
    mean, spread = inputs[train].mean(0), inputs[train].std(0) + 1e-3
    head = nn.Linear(inputs.shape[1], int(labels.max()) + 1)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.01, weight_decay=0.01)
    normalised = (inputs - mean) / spread
    for _ in range(200):
        optimizer.zero_grad()
        F.cross_entropy(head(normalised[train]), labels[train], label_smoothing=smoothing).backward()
        optimizer.step()
    with torch.inference_mode():
        return [(head(normalised[rows]), labels[rows]) for rows in others]


def pooled_scores(run: Path, pool: Path) -> tuple[Tensor, Tensor]:
    """Scores and labels of the test pictures of `pool`, as the network of `run` answers them."""
    network, dataset = load(run), open_dataset(pool)
    rows = [row for row, item in enumerate(dataset.items) if item.part == "test"]
    pictures = torch.stack([network.preprocessing.fit_picture(dataset.read(row)[0]) for row in rows])
    return network.outputs(pictures)[0].float(), torch.tensor(
        [dataset.items[row].truth.label for row in rows]
    )


def cut(pool: tuple[Tensor, Tensor], size: int, seed: int) -> list[tuple[Tensor, Tensor]]:
    """A random part of so many answers, and all others."""
    scores, labels = pool
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    return [(scores[rows], labels[rows]) for rows in (order[:size], order[size:])]


def by_cross_entropy(scores: Tensor, labels: Tensor) -> float:
    """The peer: Guo's criterion."""
    return least(lambda t: float(F.cross_entropy(scores.double() / t, labels)))


def by_brier_score(scores: Tensor, labels: Tensor) -> float:
    """The mean squared distance of probabilities and truth, which is bounded; its targets are Platt's."""
    n, classes = scores.shape
    rest = 1 / (n + 2) / (classes - 1)
    wanted = F.one_hot(labels, classes).double() * (1 - rest * classes) + rest
    return least(lambda t: float(((scores.double() / t).softmax(1) - wanted).square().sum(1).mean()))


def least(loss: Callable[[float], float]) -> float:
    """The temperature with the least loss: the best of a grid, then refined."""
    grid = np.linspace(-BOUND, BOUND, 121)
    best = int(np.argmin([loss(np.exp(x)) for x in grid]))
    around = (grid[max(best - 1, 0)], grid[min(best + 1, 120)])
    return float(np.exp(minimize_scalar(lambda x: loss(np.exp(x)), bounds=around, method="bounded").x))


CRITERIA = {
    "none": lambda *_: 1.0,
    "cross-entropy": by_cross_entropy,
    "brier": by_brier_score,
    "mean confidence": fit_temperature,
}


def compare(about: dict[str, object], splits: list[list[tuple[Tensor, Tensor]]]) -> list[dict[str, object]]:
    """A line a criterion: what its temperatures do on the test parts of these splits."""
    lines = []
    for name, fit in CRITERIA.items():
        temperatures = [fit(*validation) for validation, _ in splits]
        tests = [(test[0].double() / t, test[1]) for (_, test), t in zip(splits, temperatures, strict=True)]
        single = [expected_calibration_error(scores.softmax(1), truth) for scores, truth in tests]
        answers, truths = torch.cat([s.softmax(1) for s, _ in tests]), torch.cat([t for _, t in tests])
        confidence, answer = answers.max(1)
        line = about | {
            "criterion": name,
            "validation_pictures": len(splits[0][0][1]),
            "test_pictures": len(tests[0][1]),
            "temperatures": [min(temperatures), float(np.median(temperatures)), max(temperatures)],
            "at_bound": sum(at_bound(t) for t in temperatures),
            "ece_of_one_split": sum(single) / len(single),
            "ece_by_chance_of_one_split": calibration_error_by_chance(tests[0][0].softmax(1).amax(1))[0],
            "answers": len(truths),
            "ece_of_all": expected_calibration_error(answers, truths),
            "confidence_minus_accuracy": float(confidence.mean() - (answer == truths).double().mean()),
            "loss": float(F.cross_entropy(torch.cat([s for s, _ in tests]), truths)),
        }
        lines.append(line)
        print(json.dumps(line), flush=True)
    return lines


def main() -> None:
    """Print a line a criterion and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--splits", type=int, default=30)
    parser.add_argument("--run", type=Path, help="a trained network, measured on cuts of --pool")
    parser.add_argument("--pool", type=Path)
    given = parser.parse_args()
    lines = []
    for path in given.data:
        inputs, labels = features(path)
        for smoothing in (0.0, 0.1):
            heads = [head_scores(inputs, labels, seed, smoothing) for seed in range(given.splits)]
            lines += compare({"data": path.stem, "label_smoothing": smoothing}, heads)
    if given.run is not None:
        pool = pooled_scores(given.run, given.pool)
        for size in (50, 200, 900, 3000):
            cuts = [cut(pool, size, seed) for seed in range(given.splits)]
            lines += compare({"data": given.pool.name}, cuts)
    result = Path(__file__).parent / "results" / "calibration.json"
    result.write_text(json.dumps({"splits": given.splits, "lines": lines}, indent=1) + "\n")


if __name__ == "__main__":
    main()
