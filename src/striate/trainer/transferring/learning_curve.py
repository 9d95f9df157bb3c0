"""How accuracy grows with the number of training pictures: probes of cached features on parts of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from striate.data.wording import counted
from striate.errors import StriateError
from striate.events import Listener, Note
from striate.metrics.accuracy import hits, wilson_interval
from striate.metrics.power_law import Growth, expected_growth
from striate.ops.logistic_regression import fit_probe
from striate.trainer.measured_once import NOTHING
from striate.trainer.options import TrainOptions
from striate.trainer.pictures.prepared_data import PreparedData
from striate.trainer.preparing import prepare

SHARES = (8, 4, 2, 1)  # one eighth, a quarter, a half, all
REPEATED = 3  # other pictures each time; all of them are always the same


@dataclass(frozen=True, slots=True)
class Point:
    """Measured accuracy of a probe of so many training pictures, the mean over `repeated` choices of them."""

    pictures: int
    accuracy: float
    interval: tuple[float, float]
    repeated: int


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Measured points, and what the fitted law expects of twice and four times the pictures."""

    measured: tuple[Point, ...]
    expected: tuple[Growth, ...]
    pictures: int  # that every point was measured on
    precision: str  # of the features


def learning_curve(options: TrainOptions, on_event: Listener) -> LearningCurve:
    """Measure the probe at 1/8, 1/4, 1/2 and all of the training part, on the test part.

    Raises:
        StriateError: there is no test or validation part, or nothing to start from.
    """
    with torch.random.fork_rng(devices=[]):
        prepared = prepare(options, NOTHING, on_event)
    data, features = prepared.data, prepared.setup.features
    part = list(data.split.test or data.split.validation)
    if not part:
        raise StriateError("too few pictures for a test part, so there is no curve; leave out --curve.")
    learned, judged = features.of(data.split.train), features.of(part)
    labels = data.store.labels
    truth, all_labels = labels[torch.tensor(part)], labels[torch.tensor(data.split.train)]
    groups = [data.scan.groups()[row] for row in data.split.train]
    sizes, right = [], []
    for share in SHARES:
        repeats = []
        for number in range(1 if share == 1 else REPEATED):
            rows = stratified_part(all_labels.tolist(), share, options.seed * 100 + number)
            together = [groups[place] for place in rows]
            seed = options.seed + number  # the first one's is that of a run
            found = fit_probe(learned[rows], all_labels[rows], _classes(data), together, seed=seed)
            repeats.append(hits(judged @ found.weight.T + found.bias, truth))
        sizes.append(len(rows))
        right.append(torch.stack(repeats))
        on_event(
            Note(f"curve: {counted(len(rows), 'picture')}, {_share(right[-1]):.1%} of {len(part):,} right")
        )
    measured = tuple(_point(size, one) for size, one in zip(sizes, right, strict=True))
    wanted = [2 * sizes[-1], 4 * sizes[-1]]
    growth = expected_growth(sizes, right, wanted, options.seed) if len(set(sizes)) > 1 else []
    return LearningCurve(measured, tuple(growth), len(part), features.trunk.engine.precision)


def stratified_part(labels: Sequence[int], share: int, seed: int) -> list[int]:
    """Places of one picture in `share` of every class, at least one of each, ascending."""
    order = np.random.default_rng([seed, share]).permutation(len(labels))
    chosen: list[int] = []
    for label in sorted(set(labels)):
        own = [int(place) for place in order if labels[place] == label]
        chosen += own[: max(1, round(len(own) / share))]
    return sorted(chosen)


def _classes(data: PreparedData) -> int:
    return max(2, len(data.dataset.classes))


def _share(right: Tensor) -> float:
    return float(right.double().mean())


def _point(size: int, right: Tensor) -> Point:
    share, count = _share(right), right.shape[1]
    return Point(size, share, wilson_interval(round(share * count), count), len(right))
