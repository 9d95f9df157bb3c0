"""Stages that learn from features: a head that is fitted at once, a dense head that is trained by steps."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from striate.models.surgery.trunk import require_linear_head, set_linear_head
from striate.ops.logistic_regression import Probe
from striate.shapes import Images
from striate.tasks.answers import Context
from striate.tasks.from_features import FromFeatures, Seen
from striate.tasks.recipes.recipe import Recipe
from striate.tasks.task import Task
from striate.trainer.transferring.features import TOGETHER, FeatureBatches, Features
from striate.training.validation import validator


def fitted_head(
    task: Task[Any], context: Context, step: Any, features: Features, recipe: Recipe
) -> dict[str, Any]:
    """What a `Stage` needs to compute the last layer of a step's network from all pictures at once.

    Raises:
        StriateError: the network's outputs are no linear function of its features.
    """
    learner, network = task.from_features(), step.network
    require_linear_head(network)
    head = learner.step(step)
    validate = _validator(task, context, head, features)

    def fit_closed_form() -> float:
        found = probe_of(learner, features, recipe)
        set_linear_head(network, found.weight, found.bias)
        _settle(learner, network, features)
        return found.loss

    def fitted(_: nn.Module) -> dict[str, float]:
        head.eval()  # as the network in it is by now
        return validate(head)

    return {"fit_closed_form": fit_closed_form, "validate": fitted}


def trained_head(
    task: Task[Any], context: Context, step: Any, features: Features, recipe: Recipe
) -> dict[str, Any]:
    """What a `Stage` needs to train everything behind the trunk of a step's network on cached features."""
    learner, data = task.from_features(), features.data
    rows = list(data.split.train)
    where = torch.tensor(rows)
    head = learner.step(step)
    validate = _validator(task, context, head, features)

    def settled(_: nn.Module) -> dict[str, float]:
        _settle(learner, step.network, features)
        return validate(head)

    return {
        "step": head,
        "batches": FeatureBatches(
            features.of(rows),
            data.store.labels[where],
            where,
            recipe.batch_size,
            seed=features.seed,
            order=task.order(recipe),
        ),
        "validate": settled,
    }


def probe_of(learner: FromFeatures, features: Features, recipe: Recipe) -> Probe:
    """The linear head of the training part, of `recipe.views` changed views of each picture as well.

    It is fitted once for a trunk: `auto` measures what it may then train.
    """
    seen = repr(features.augmentation) if recipe.views else None
    key = (recipe.views, recipe.balance, features.seed, seen)
    probes = features.trunk.probes
    if key not in probes:
        probes[key] = learner.fit(_seen(features, recipe.views), recipe.balance)
    return probes[key]


def _seen(features: Features, views: int) -> Seen:
    data = features.data
    rows = list(data.split.train)
    groups = data.scan.groups()
    return Seen(
        features.of(rows),
        [data.dataset.items[row].truth for row in rows],
        [groups[row] for row in rows],
        data.dataset.classes,
        features.seed,
        [features.view(rows, number) for number in range(views)],
    )


def _validator(
    task: Task[Any], context: Context, head: nn.Module, features: Features
) -> Callable[[nn.Module], dict[str, float]]:
    """Figures as on the validation pictures, but from their features."""
    data = features.data
    rows = list(data.split.validation or data.split.train)

    def validate(_: nn.Module) -> dict[str, float]:
        where = torch.tensor(rows)
        whole = data.store.batch(features.of(rows), where)
        return validator(lambda: task.metric(context), [whole])(head)

    return validate


def _settle(learner: FromFeatures, network: nn.Module, features: Features) -> None:
    """See `FromFeatures.settle`; 64 training pictures may be looked at."""
    data = features.data

    def images() -> Images:
        rows = torch.tensor(data.split.train[:TOGETHER])
        device = next(network.parameters()).device
        return data.preprocessing.normalise(data.store.pictures[rows].to(device))

    mode = network.training
    network.eval()
    learner.settle(network, images)
    network.train(mode)
