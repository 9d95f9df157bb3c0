"""What is trained: network, task, stages and fabric, built the same way for a new and for a resumed run."""

from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Literal

import torch
from torch import nn

from striate.data.datasets.recognise import from_anywhere
from striate.data.epoch_length import epoch_steps
from striate.data.transforms.augmentation import Augmentation
from striate.data.transforms.draws import stream_seed
from striate.data.transforms.presets import make_augmentation
from striate.errors import StriateError
from striate.events import Listener
from striate.hyperparameters import Number, as_table
from striate.models.backbone import head_parameter_names
from striate.models.catalog import find_entry
from striate.models.surgery.blocks import blocks_of
from striate.models.surgery.dense_head import give_dense_head, standardise
from striate.tasks.answers import Context
from striate.tasks.recipes.recipe import Recipe, StageRecipe
from striate.tasks.task import Task
from striate.trainer.measured_once import NOTHING, MeasuredOnce
from striate.trainer.pictures.prepared_data import PreparedData
from striate.trainer.plan import Plan
from striate.trainer.starting import load_own_head, load_start
from striate.trainer.transferring.features import Features
from striate.trainer.transferring.frozen_trunk import FrozenTrunk
from striate.trainer.transferring.probing import fitted_head, trained_head
from striate.training.devices.fabric import Fabric, precision_of
from striate.training.multi_scale import MultiScale
from striate.training.stages import Stage
from striate.training.trials.company import require_company


@dataclass(frozen=True, slots=True)
class TrainingSetup:
    """Everything that the loop needs and that follows from options, data and machine."""

    network: nn.Module
    architecture: dict[str, Any]
    task: Task[Any]
    context: Context
    step: nn.Module
    recipe: Recipe
    stages: tuple[Stage, ...]
    augmentation: Augmentation | None
    fabric: Fabric
    features: Features
    decided: MeasuredOnce = NOTHING

    def following(self, recipe: Recipe, decided: MeasuredOnce) -> "TrainingSetup":
        """The same with other lengths and rates, for the same loss; of fewer stages where the recipe has."""
        stages = tuple(
            _scheduled(stage, protocol, recipe)
            for stage, protocol in zip(self.stages, recipe.stages, strict=False)
        )
        if decided.steps is not None:
            stages = tuple(replace(stage, steps=decided.steps) for stage in stages)
        return replace(self, recipe=recipe, stages=stages, decided=decided)


def make_setup(
    plan: Plan,
    data: PreparedData,
    on_event: Listener,
    fabric: Fabric,
    decided: MeasuredOnce = NOTHING,
    trunk: FrozenTrunk | None = None,
) -> TrainingSetup:
    """Build it; draws from torch's global generator. `trunk` is that of a setup that starts the same."""
    task, seed = plan.task, data.options.seed
    classes = task.classes(data.dataset)
    truths = [data.dataset.items[row].truth for row in data.split.train]
    learned = task.learned(truths)
    architecture = plan.architecture(data.dataset, learned)
    torch.manual_seed(stream_seed(seed, "weights"))
    network = task.plain(architecture)
    load_start(network, plan, classes, on_event)
    network = task.headed(network, architecture)
    load_own_head(network, plan, classes, on_event)
    network = network.to(memory_format=torch.channels_last)

    augmentation = make_augmentation(plan.augmentation)
    _require_unmixed(augmentation, task)
    size_chw = (data.preprocessing.channels, *data.preprocessing.size_hw)
    trunk = trunk or FrozenTrunk(network, size_chw, on_event)
    features = Features(trunk, data, seed, augmentation, on_event)
    recipe = plan.recipe(len(data.split.train), decided)
    if recipe.scales and not find_entry(plan.model).any_size:
        raise StriateError(
            f"the recipe {recipe.name} changes the pictures' side, and {plan.model} takes only one; "
            "choose another --recipe or --model."
        )
    if recipe.hidden is not None:
        give_dense_head(network, recipe.hidden)
        standardise(network, features.of(data.split.train))
        architecture["hidden"] = recipe.hidden
    context = Context(classes, data.preprocessing, outputs=int(architecture["num_classes"]), learned=learned)
    step = task.step(network, context, recipe, truths)
    stages = make_stages(task, context, step, recipe, features)
    setup = TrainingSetup(
        network, architecture, task, context, step, recipe, stages, augmentation, fabric, features
    ).following(recipe, decided)
    _require_company(setup, data)
    return setup


def _require_unmixed(augmentation: Augmentation | None, task: Task[Any]) -> None:
    if augmentation is not None and augmentation.mixing is not None:
        task.require("mix")


def _require_company(setup: TrainingSetup, data: PreparedData) -> None:
    """No picture is alone in a batch where it must not be."""
    batches: Any = data.training_batches(setup.task, setup.recipe, setup.augmentation)
    smallest = len(data.split.train) // max(1, len(batches)) // setup.fabric.world_size
    if setup.recipe.scales:
        batches = MultiScale(batches, [min(setup.recipe.scales)], data.options.seed)
    require_company(setup.stages, batches, smallest, str(setup.architecture["model"]))


def make_stages(
    task: Task[Any], context: Context, step: Any, recipe: Recipe, features: Features | None = None
) -> tuple[Stage, ...]:
    """The recipe's stages around the task's step of a network; some learn from `features`."""
    network: nn.Module = step.network
    head = _head(network)
    falls = any(stage.layer_decay != 1 for stage in recipe.stages)
    blocks = _blocks(network, features.data) if falls and features is not None else []

    def made(stage: StageRecipe) -> Stage:
        unscheduled = Stage(
            name=stage.name,
            step=step,
            epochs=stage.epochs,
            lr=stage.lr,
            trainable=_trainable(stage.trainable, head, blocks),
            ratios=_ratios(stage.layer_decay, blocks),
            head=head,
            patience=recipe.patience,
            optimizer=stage.optimizer or recipe.optimizer,
            weight_decay=stage.weight_decay,
            clip=recipe.clip,
            average=recipe.average,
            freeze_norms=stage.freeze_norms,
            skip_above=stage.skip_above,
        )
        plain = _scheduled(unscheduled, stage, recipe)
        if stage.mode == "steps":
            return plain
        assert features is not None
        of_features = fitted_head if stage.mode == "probe" else trained_head
        return replace(plain, **of_features(task, context, step, features, recipe))

    return tuple(made(stage) for stage in recipe.stages)


def _scheduled(stage: Stage, protocol: StageRecipe, recipe: Recipe) -> Stage:
    """The stage with the protocol's length and rates; nothing of it is built again."""
    return replace(
        stage,
        epochs=protocol.epochs,
        lr=protocol.lr,
        steps=protocol.steps,
        schedule=protocol.schedule or recipe.schedule,
        warm_up=protocol.warm_up,
    )


def _head(network: nn.Module) -> frozenset[str]:
    """The step's names of the parameters of the network's heads, of a dense one all layers."""
    names = head_parameter_names(network)
    if hasattr(network, "cut"):
        names |= {name for name, _ in network.named_parameters() if name.startswith(f"{network.cut}.")}
    return frozenset(f"network.{name}" for name in names)


def _blocks(network: nn.Module, data: PreparedData) -> list[frozenset[str]]:
    """The step's names of the parameters of every block, the first one first."""
    spec = data.preprocessing
    picture = torch.zeros(1, spec.channels, *spec.size_hw)
    return [frozenset(f"network.{name}" for name in block) for block in blocks_of(network, picture)]


def _trainable(
    parts: Literal["all", "head"] | int, head: frozenset[str], blocks: list[frozenset[str]]
) -> frozenset[str] | None:
    if parts == "all":
        return None
    return head if parts == "head" else head.union(*blocks[-parts:])


def _ratios(fall: Number, blocks: list[frozenset[str]]) -> dict[str, float]:
    return {name: float(fall**depth) for depth, block in enumerate(reversed(blocks)) for name in block}


def resolved(plan: Plan, data: PreparedData, setup: TrainingSetup) -> dict[str, Any]:
    """What was derived from the options, for `config.toml`; a resumed run must derive the same."""
    steps = epoch_steps(len(data.split.train), setup.recipe.batch_size)
    options = data.options
    return {
        "data": from_anywhere(options.data),
        "model": plan.model,
        "reason": plan.reason,
        "weights": str(plan.weights.resolve()) if plan.weights else "random",
        "weights_sha256": sha256(plan.weights.read_bytes()).hexdigest() if plan.weights else None,
        "split": str(options.split.resolve()) if options.split else None,
        "test": from_anywhere(options.test) if options.test else None,
        "parameters": sum(parameter.numel() for parameter in setup.network.parameters()),
        "parent": str(plan.parent.path.resolve()) if plan.parent else None,
        "decided": asdict(setup.decided),
        "recipe": setup.recipe.name,
        "batch_size": setup.recipe.batch_size,
        "label_smoothing": setup.recipe.label_smoothing,
        "patience": setup.recipe.patience,
        "augmentation": plan.augmentation if isinstance(plan.augmentation, str) else "own",
        "augmentation_ranges": asdict(setup.augmentation) if setup.augmentation else None,
        "image_size": list(data.preprocessing.size_hw),
        "channels": data.preprocessing.channels,
        "steps": sum(stage.length(steps) for stage in setup.stages),
        "clip": setup.recipe.clip,
        "average": as_table(setup.recipe.average) if setup.recipe.average else None,
        "balance": setup.recipe.balance,
        "scales": list(setup.recipe.scales),
        "precision": precision_of(setup.fabric),
        "device": str(setup.fabric.device),
        "processes": setup.fabric.world_size,
        "engine": "torch",
        "memory_format": "channels_last",
        "threads": torch.get_num_threads(),
        "stages": [
            {
                "name": stage.name,
                "epochs": stage.epochs,
                "steps": stage.length(steps),
                "optimizer": stage.optimizer.name,
                "optimizer_settings": as_table(stage.optimizer),
                "schedule": stage.schedule.name,
                "schedule_settings": as_table(stage.schedule),
                "warm_up": stage.warm_up,
                "lr": stage.lr,
                "weight_decay": stage.weight_decay,
                "freeze_norms": stage.freeze_norms,
                "trainable": _count(stage),
            }
            for stage in setup.stages
        ],
    }


def _count(stage: Stage) -> int:
    named = stage.step.named_parameters()
    return sum(p.numel() for name, p in named if stage.trainable is None or name in stage.trainable)
