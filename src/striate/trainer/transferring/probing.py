"""Stages that learn from features: a head that is fitted at once, a dense head that is trained by steps."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from striate.data.sampling import class_weights
from striate.models.surgery.trunk import head_scores, lift_scores, require_linear_head, set_linear_head
from striate.tasks.classify.decode import decode_scores
from striate.tasks.classify.metric import ClassifyMetric
from striate.tasks.classify.step import ClassifyStep
from striate.tasks.recipes.recipe import Recipe
from striate.trainer.transferring.features import TOGETHER, FeatureBatches, Features
from striate.training.probe import Probe, fit_probe


def fitted_head(network: nn.Module, features: Features, recipe: Recipe) -> dict[str, Any]:
    """What a `Stage` needs to compute the last layer of `network` from all pictures at once.

    Raises:
        StriateError: the network's outputs are no linear function of its features.
    """
    require_linear_head(network)

    def fit_closed_form() -> float:
        found = probe_of(features, recipe)
        set_linear_head(network, found.weight, found.bias)
        _lift(network, features)
        return found.loss

    return {"fit_closed_form": fit_closed_form, "validate": _validator(network, features)}


def trained_head(step: ClassifyStep, features: Features, recipe: Recipe) -> dict[str, Any]:
    """What a `Stage` needs to train everything behind the trunk of a step's network on cached features."""
    network = step.network
    data = features.data
    rows = list(data.split.train)
    where = torch.tensor(rows)
    validate = _validator(network, features)

    def lifted(wrapped: nn.Module) -> dict[str, float]:
        _lift(network, features)
        return validate(wrapped)

    return {
        "step": step.on_features(),
        "batches": FeatureBatches(
            features.of(rows),
            data.store.labels[where],
            where,
            recipe.batch_size,
            seed=features.seed,
            balance=recipe.balance == "sampling",
        ),
        "validate": lifted,
    }


def probe_of(features: Features, recipe: Recipe) -> Probe:
    """The classifier of the training part, of `recipe.views` changed views of each picture as well.

    It is fitted once for a trunk: `auto` measures what it may then train.
    """
    seen = repr(features.augmentation) if recipe.views else None
    key = (recipe.views, recipe.balance, features.seed, seen)
    probes = features.trunk.probes
    if key not in probes:
        probes[key] = _fitted(features, recipe)
    return probes[key]


def _fitted(features: Features, recipe: Recipe) -> Probe:
    data = features.data
    rows = list(data.split.train)
    labels = data.store.labels[torch.tensor(rows)]
    groups = data.scan.groups()
    classes = max(2, len(data.dataset.classes))
    weights = class_weights(labels, classes)[labels] if recipe.balance != "none" else None
    return fit_probe(
        features.of(rows),
        labels,
        classes,
        [groups[row] for row in rows],
        seed=features.seed,
        weights=weights,
        more=[features.view(rows, number) for number in range(recipe.views)],
    )


def _validator(network: nn.Module, features: Features) -> Callable[[nn.Module], dict[str, float]]:
    """Figures as on the validation pictures, but from their features."""
    data = features.data
    rows = list(data.split.validation or data.split.train)
    where = torch.tensor(rows)

    def validate(_: nn.Module) -> dict[str, float]:
        metric = ClassifyMetric()
        with torch.no_grad():
            head = next(network.parameters())
            scores = head_scores(network, features.of(rows).to(head.device)).cpu()
        metric.scores, metric.rows = [decode_scores(scores)], [where]
        metric.labels = [data.store.labels[where]]
        return metric.compute()

    return validate


def _lift(network: nn.Module, features: Features) -> None:
    """See `lift_scores`; 64 training pictures are looked at."""
    if not isinstance(require_linear_head(network), nn.Conv2d):
        return
    data = features.data
    rows = torch.tensor(data.split.train[:TOGETHER])
    device = next(network.parameters()).device
    mode = network.training
    network.eval()
    lift_scores(network, data.preprocessing.normalise(data.store.pictures[rows].to(device)))
    network.train(mode)
