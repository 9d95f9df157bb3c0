"""The stage that computes a head: a linear classifier of cached features, written into the network."""

from typing import Any

import torch
from torch import nn

from striate.actions.features import TOGETHER, Features
from striate.data.sampling import class_weights
from striate.models.trunk import head_scores, require_linear_head, set_linear_head
from striate.tasks.classify import ClassifyMetric, decode_scores
from striate.tasks.recipes.recipe import Recipe
from striate.training.probe import Probe, fit_probe


def solving(network: nn.Module, features: Features, recipe: Recipe) -> dict[str, Any]:
    """What a `Stage` needs to compute the head of `network`.

    Raises:
        StriateError: the network's outputs are no linear function of its features.
    """
    require_linear_head(network)

    def solve() -> float:
        found = probe_of(features, recipe)
        material = features.material
        rows = torch.tensor(material.split.train[:TOGETHER])
        images = material.preprocessing.normalise(material.store.pictures[rows].to(features.fabric.device))
        network.eval()
        set_linear_head(network, found.weight, found.bias, images)
        return found.loss

    def validate(_: nn.Module) -> dict[str, float]:
        return _figures(network, features)

    return {"solve": solve, "validate": validate}


def probe_of(features: Features, recipe: Recipe) -> Probe:
    """The classifier of the training part."""
    material = features.material
    rows = list(material.split.train)
    labels = material.store.labels[torch.tensor(rows)]
    groups = material.scan.groups()
    classes = max(2, len(material.dataset.classes))
    weights = class_weights(labels, classes)[labels] if recipe.balance != "none" else None
    return fit_probe(
        features.of(rows), labels, classes, [groups[row] for row in rows], seed=features.seed, weights=weights
    )


def _figures(network: nn.Module, features: Features) -> dict[str, float]:
    """As validation on pictures, but from their features."""
    material = features.material
    rows = list(material.split.validation or material.split.train)
    where = torch.tensor(rows)
    metric = ClassifyMetric()
    with torch.no_grad():
        scores = decode_scores(head_scores(network, features.of(rows)))
    metric.scores, metric.labels, metric.rows = [scores], [material.store.labels[where]], [where]
    return metric.compute()
