"""A linear classifier of fixed features: multinomial logistic regression, its strictness by cross-validation.

Source: Hosmer and Lemeshow, "Applied Logistic Regression", 2nd edition 2000, chapter 8.1 (the model); Kohavi,
"A Study of Cross-Validation and Bootstrap for Accuracy Estimation and Model Selection", IJCAI 1995
(stratified folds).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Float, Int64
from threadpoolctl import ThreadpoolController
from torch import Tensor

from striate.shapes import Labels

# Penalties on half the squared weights, beside the mean cross-entropy of standardised features; strict first.
PENALTIES = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3)
USUAL_PENALTY = 1.0  # where too few pictures leave nothing to choose by
FOLDS = 5
ALONE = 2**21  # features below which one thread is quicker than two that wait for each other
WORSE = 2  # weaker penalties in a row that lower nothing end the search
COMPARED = 4000  # pictures at most that choose the penalty
PART = 4096  # pictures whose features are in double precision at a time, if they are more than KEPT
KEPT = 2**24  # features in double precision that stay in memory
STEPS = 500  # of the minimiser
TOLERANCE, ROUGHLY = (1e-5, 1e-12), (1e-4, 1e-9)  # slope and share of the loss at which it ends; to compare

Values = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Probe:
    """A fitted classifier of D features into K classes.

    Attributes:
        weight: (K, D), of the features as they come: standardisation is in it.
        bias: (K,).
        penalty: what cross-validation chose.
        loss: mean cross-entropy of the pictures it was fitted to, in nats.
        answers: (N,) what the classifiers of the other folds say of each picture; -1 where nobody was asked.
    """

    weight: Float[Tensor, "K D"]
    bias: Float[Tensor, " K"]
    penalty: float
    loss: float
    answers: Int64[Tensor, " N"]


def fit_probe(
    features: Float[Tensor, "N D"],
    labels: Labels,
    classes: int,
    groups: Sequence[int],
    *,
    seed: int = 0,
    weights: Float[Tensor, " N"] | None = None,
    more: Sequence[Float[Tensor, "N D"]] = (),
) -> Probe:
    """Fit to all pictures with the penalty whose classifiers of four fifths judge the rest best.

    Args:
        features: what a trunk gives of each picture.
        labels: (N,).
        classes: K; classes without a picture get a low score.
        groups: pictures with the same number look alike and stay in one fold.
        seed: decides the folds.
        weights: how much each picture counts; all alike by default.
        more: features of changed views of the same pictures, which the final classifier learns from as well;
            the penalty is chosen without them.
    """
    mean, spread = _moments(features)
    y, w = labels.numpy(), np.ones(len(features)) if weights is None else weights.numpy().astype(np.float64)
    compared = _compared(len(features), seed)
    x = _Standardised((features[compared],), mean, spread).whole()
    basis = _basis(x)
    if basis is not None:
        x = x @ basis
    fold = folds(labels, groups, seed).numpy()
    penalty, given = _choose(x, y[compared], w[compared], classes, fold[compared])
    answers = np.full(len(y), -1)
    answers[compared] = given
    blocks: Iterable[Values] = (x,)
    if more or len(compared) < len(y):
        basis, times = None, len(more) + 1
        blocks, y, w = (
            _Standardised((features, *more), mean, spread).kept(),
            np.tile(y, times),
            np.tile(w, times),
        )
    theta, loss = _fit(blocks, y, w, classes, penalty, None)
    inner = theta[:, :-1] if basis is None else theta[:, :-1] @ basis.T
    weight = inner / spread
    bias = theta[:, -1] - weight @ mean
    as_tensor = torch.from_numpy
    return Probe(as_tensor(weight).float(), as_tensor(bias).float(), penalty, loss, as_tensor(answers))


@dataclass(frozen=True, slots=True)
class _Standardised:
    """Features less their mean, over their spread, in double precision: some pictures at a time."""

    views: Sequence[Float[Tensor, "N D"]]
    mean: Values
    spread: Values

    def __iter__(self) -> Iterator[Values]:
        for view in self.views:
            for part in torch.split(view, PART):
                yield (part.numpy().astype(np.float64) - self.mean) / self.spread

    def whole(self) -> Values:
        """All of them in one array."""
        return np.concatenate(list(self))

    def kept(self) -> Iterable[Values]:
        """In one array where they are few, so that they are not computed again in every step."""
        return (self.whole(),) if sum(view.numel() for view in self.views) <= KEPT else self


def _moments(features: Float[Tensor, "N D"]) -> tuple[Values, Values]:
    """Mean and spread of every feature; 1 as the spread of those that never change, which say nothing."""
    parts = [part.numpy() for part in torch.split(features, PART)]
    mean: Values = sum(part.sum(axis=0, dtype=np.float64) for part in parts) / len(features)
    squares: Values = sum(((part - mean) ** 2).sum(axis=0) for part in parts) / len(features)
    spread = np.sqrt(squares)
    spread[spread < 1e-6 * max(1e-12, float(spread.max()))] = 1.0
    return mean, spread


def folds(labels: Labels, groups: Sequence[int], seed: int, count: int = FOLDS) -> Int64[Tensor, " N"]:
    """For every picture its fold, 0 to `count` - 1: classes spread evenly, groups kept together.

    Fewer folds come out where no class has so many groups.
    """
    generator = np.random.default_rng([seed, len(labels)])
    members: dict[int, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    by_class: dict[int, list[list[int]]] = {}
    for rows in members.values():
        by_class.setdefault(int(labels[rows[0]]), []).append(rows)
    found, sizes = torch.zeros(len(labels), dtype=torch.int64), [0] * count
    for label in sorted(by_class):
        together = by_class[label]
        own = [0] * count  # pictures of this class in each fold
        for place in generator.permutation(len(together)):
            rows = together[place]
            fold = min(range(count), key=lambda k: (own[k], sizes[k], k))
            found[rows] = fold
            own[fold] += len(rows)
            sizes[fold] += len(rows)
    return found


def _basis(x: Values) -> Values | None:
    """An orthonormal basis of what the pictures span, (D, r), where they are fewer than the features.

    A penalised classifier has no weight outside of it, so that nothing is lost in these coordinates.
    """
    if len(x) >= x.shape[1]:
        return None
    shown = torch.from_numpy(x)
    values, vectors = (found.numpy() for found in torch.linalg.eigh(shown @ shown.T))
    kept = values > 1e-10 * max(1e-12, float(values[-1]))
    basis: Values = x.T @ (vectors[:, kept] / np.sqrt(values[kept]))
    return basis


def _compared(pictures: int, seed: int) -> Whole:
    """The pictures that choose the penalty: all, or some of very many."""
    if pictures <= COMPARED:
        return np.arange(pictures)
    return np.sort(np.random.default_rng([seed, 1]).permutation(pictures)[:COMPARED])


def _choose(x: Values, y: Whole, w: Values, classes: int, fold: Whole) -> tuple[float, Whole]:
    """The penalty with the lowest loss on held-out pictures, and their answers with it."""
    asked = [k for k in sorted(set(fold)) if 0 < (fold == k).sum() < len(x)]
    if len(asked) < 2:
        return USUAL_PENALTY, np.full(len(x), -1)
    starts: dict[int, Values | None] = dict.fromkeys(asked)
    best: tuple[float, float, Values] | None = None
    worse = 0
    for penalty in PENALTIES:
        scores = np.zeros((len(x), classes))
        for k in asked:
            learned, held = fold != k, fold == k
            theta, _ = _fit((x[learned],), y[learned], w[learned], classes, penalty, starts[k], ROUGHLY)
            starts[k] = theta
            scores[held] = x[held] @ theta[:, :-1].T + theta[:, -1]
        loss = float(np.average(_cross_entropies(scores, y), weights=w))
        if best is None or loss < best[0]:
            best, worse = (loss, penalty, scores), 0
        else:
            worse += 1
            if worse == WORSE:
                break
    assert best is not None
    return best[1], best[2].argmax(axis=1)


def _fit(
    blocks: Iterable[Values],
    y: Whole,
    w: Values,
    classes: int,
    penalty: float,
    start: Values | None,
    tolerance: tuple[float, float] = TOLERANCE,
) -> tuple[Values, float]:
    """Weights with the bias as last column, (K, r + 1), and the mean cross-entropy with them.

    Args:
        blocks: the pictures' features, one block after the other; they are read in every step.
        y, w: of all pictures, in the same order.
    """
    from scipy.optimize import minimize  # slow to import, and answers need no fit

    share = w / w.sum()
    width = next(iter(blocks)).shape[1]
    shape = (classes, width + 1)

    def objective(flat: Values) -> tuple[float, Values]:
        theta = flat.reshape(shape)
        loss, slope = 0.0, np.zeros(shape)
        slope[:, :-1] = penalty * theta[:, :-1]
        begin = 0
        for block in blocks:
            own = slice(begin, begin := begin + len(block))
            part, turned = _slope(block, y[own], share[own], theta)
            loss += part
            slope += turned
        return loss + penalty / 2 * float((theta[:, :-1] ** 2).sum()), slope.ravel()

    first = np.zeros(shape) if start is None else start
    with _libraries().limit(limits=1) if len(y) * width < ALONE else nullcontext():
        found = minimize(
            objective,
            first.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": STEPS, "gtol": tolerance[0], "ftol": tolerance[1], "maxcor": 20},
        )
    theta: Values = found.x.reshape(shape)
    return theta, float(objective(found.x)[0] - penalty / 2 * (theta[:, :-1] ** 2).sum())


def _slope(block: Values, y: Whole, share: Values, theta: Values) -> tuple[float, Values]:
    """What some pictures add to the cross-entropy, and to its derivative by weights and biases."""
    shown = torch.from_numpy(block)
    scores = (shown @ torch.from_numpy(theta[:, :-1]).T).numpy() + theta[:, -1]
    scores -= scores.max(axis=1, keepdims=True)
    own = np.arange(len(y)), y
    logs = scores[own]
    powers = np.exp(scores)
    sums = powers.sum(axis=1, keepdims=True)
    rest = powers / sums
    rest[own] -= 1.0
    rest *= share[:, None]
    turned = (torch.from_numpy(rest).T @ shown).numpy()
    loss = float(share @ (np.log(sums[:, 0]) - logs))
    return loss, np.concatenate([turned, rest.sum(axis=0)[:, None]], axis=1)


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


def _cross_entropies(scores: Values, y: Whole) -> Values:
    top = scores.max(axis=1)
    found: Values = np.log(np.exp(scores - top[:, None]).sum(axis=1)) + top - scores[np.arange(len(y)), y]
    return found
