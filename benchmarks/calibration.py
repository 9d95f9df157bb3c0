"""Which temperature makes probabilities true on a small data set: cross-entropy's or the Brier score's?

Linear heads on frozen EfficientNet-Lite0 features of a folder of pictures, on many random 70/15/15 splits;
the temperature is fitted on the validation part of each, once by each criterion, on the same scores. The
calibration error is counted over the test answers of all splits together (a picture may be in several test
parts), because the error of a single test part of 80 pictures is mostly chance.

    python benchmarks/calibration.py ../shared/data/textures --splits 30
"""

import argparse
import json
from pathlib import Path

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.datasets.recognise import open_dataset
from striate.metrics.calibration_error import calibration_error_by_chance, expected_calibration_error
from striate.models.build import create_model
from striate.models.pretrained import find_weights, load_weights, preprocessing_of
from striate.tasks.calibration import BOUND, fit_temperature

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


def by_cross_entropy(scores: Tensor, labels: Tensor) -> float:
    """The peer: Guo's criterion."""
    found = minimize_scalar(
        lambda x: float(F.cross_entropy(scores.double() / torch.e**x, labels)),
        bounds=(-BOUND, BOUND),
        method="bounded",
    )
    return float(torch.e**found.x)


def main() -> None:
    """Print a line a criterion and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--splits", type=int, default=30)
    given = parser.parse_args()
    inputs, labels = features(given.data)
    criteria = {"none": lambda *_: 1.0, "cross-entropy": by_cross_entropy, "brier": fit_temperature}
    lines = []
    for smoothing in (0.0, 0.1):
        heads = [head_scores(inputs, labels, seed, smoothing) for seed in range(given.splits)]
        for name, fit in criteria.items():
            tests = [(test[0].double() / fit(*validation), test[1]) for validation, test in heads]
            single = [expected_calibration_error(scores.softmax(1), truth) for scores, truth in tests]
            answers, truths = torch.cat([s.softmax(1) for s, _ in tests]), torch.cat([t for _, t in tests])
            confidence, answer = answers.max(1)
            chance = calibration_error_by_chance(tests[0][0].softmax(1).max(1).values)
            line = {
                "label_smoothing": smoothing,
                "criterion": name,
                "test_pictures": len(tests[0][1]),
                "ece_of_one_split": sum(single) / len(single),
                "ece_by_chance_of_one_split": chance[0],
                "answers": len(truths),
                "ece_of_all": expected_calibration_error(answers, truths),
                "confidence_minus_accuracy": float(confidence.mean() - (answer == truths).double().mean()),
                "loss": float(F.nll_loss(answers.log(), truths)),
            }
            lines.append(line)
            print(json.dumps(line))
    result = Path(__file__).parent / "results" / "calibration.json"
    result.write_text(
        json.dumps({"data": given.data.name, "splits": given.splits, "lines": lines}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
