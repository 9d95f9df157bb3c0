"""What is trained: network, task, stages and fabric, built the same way for a new and for a resumed run."""

from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Literal

import torch
from torch import nn

from striate.data.dataset import Dataset
from striate.data.datasets.recognise import from_anywhere
from striate.data.epoch_length import epoch_steps
from striate.data.transforms.augmentation import Augmentation
from striate.data.transforms.draws import stream_seed
from striate.data.transforms.presets import make_augmentation
from striate.errors import StriateError
from striate.events import Listener
from striate.hyperparameters import Number, as_table
from striate.machine.cpu import cpu
from striate.models.backbone import head_parameter_names
from striate.models.catalog import find_entry
from striate.models.surgery.blocks import blocks_of
from striate.models.surgery.dense_head import give_dense_head, standardise
from striate.tasks.catalog import find_task
from striate.tasks.classify.step import ClassifyStep
from striate.tasks.recipes.recipe import Recipe, StageRecipe
from striate.tasks.task import Context, Task
from striate.trainer.features import Features
from striate.trainer.frozen_trunk import FrozenTrunk
from striate.trainer.material import Material
from striate.trainer.options import TrainOptions
from striate.trainer.plan import Plan, make_recipe
from striate.trainer.probing import computed_head, descended_head
from striate.trainer.starting import load_start
from striate.training.devices.fabric import Fabric, in_precision
from striate.training.devices.precision import choose_precision
from striate.training.multi_scale import MultiScale
from striate.training.stages import Stage
from striate.training.trials.company import require_company


@dataclass(frozen=True, slots=True)
class Decided:
    """What was measured once at the start of a run and is recorded; None where nothing had to be."""

    lr: float | None = None
    epochs: int | None = None
    transfer: str | None = None  # what learns of a network with weights
    steps: int | None = None  # of the first epoch, where not even one fits into the minutes


@dataclass(frozen=True, slots=True)
class Trainee:
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
    precision: str
    features: Features
    decided: Decided = Decided()

    def following(self, recipe: Recipe, decided: Decided) -> "Trainee":
        """The same with another recipe, for the same loss."""
        stages = make_stages(self.network, self.step, recipe, self.features)
        if decided.steps is not None:
            stages = tuple(replace(stage, steps=decided.steps) for stage in stages)
        return replace(self, recipe=recipe, stages=stages, decided=decided)


def architecture_for(plan: Plan, task: Task[Any], dataset: Dataset) -> dict[str, Any]:
    """What builds the network, as its weights will say."""
    return {
        "task": task.name,
        "model": plan.model,
        "num_classes": task.outputs(dataset),
        "in_channels": plan.preprocessing.channels,
        "image_size": list(plan.preprocessing.size_hw),
    }


def make_trainee(
    options: TrainOptions,
    plan: Plan,
    material: Material,
    on_event: Listener,
    group: Fabric,
    decided: Decided | None = None,
    trunk: FrozenTrunk | None = None,
) -> Trainee:
    """Build it; draws from torch's global generator. `trunk` is that of a trainee that starts the same."""
    task = find_task(options.task)
    architecture = architecture_for(plan, task, material.dataset)
    torch.manual_seed(stream_seed(options.seed, "weights"))
    network = task.plain(architecture)
    load_start(network, plan, options, material.dataset.classes, on_event)
    network = task.headed(network, architecture).to(memory_format=torch.channels_last)

    decided = decided or Decided()
    augmentation = make_augmentation(plan.augmentation)
    _require_unmixed(augmentation, task)
    size_chw = (material.preprocessing.channels, *material.preprocessing.size_hw)
    trunk = trunk or FrozenTrunk(network, size_chw, on_event)
    features = Features(trunk, material, options.seed, augmentation, on_event)
    recipe = make_recipe(options, plan, len(material.split.train), epochs=decided.epochs, lr=decided.lr)
    if recipe.scales and not find_entry(plan.model).any_size:
        raise StriateError(
            f"the recipe {recipe.name} changes the pictures' side, and {plan.model} takes only one; "
            "choose another --recipe or --model."
        )
    if recipe.hidden is not None:
        give_dense_head(network, recipe.hidden)
        standardise(network, features.of(material.split.train))
        architecture["hidden"] = recipe.hidden
    context = Context(material.dataset.classes, material.preprocessing)
    truths = [material.dataset.items[row].truth for row in material.split.train]
    step = task.step(network, context, recipe, truths)
    precision = choose_precision(options.precision, options.device, cpu().features, wide=_wide(network))
    fabric = in_precision(group, precision, options.device, options.devices)
    trainee = Trainee(
        network, architecture, task, context, step, recipe, (), augmentation, fabric, precision, features
    ).following(recipe, decided)
    _require_company(trainee, options, material)
    return trainee


def _require_unmixed(augmentation: Augmentation | None, task: Task[Any]) -> None:
    if augmentation is not None and augmentation.mixing is not None and task.truths != ("label",):
        raise StriateError(
            f"mixed pictures have two classes, and {task.name} learns from more than a class; choose another "
            "--augment."
        )


def _require_company(trainee: Trainee, options: TrainOptions, material: Material) -> None:
    """No picture is alone in a batch where it must not be."""
    batches: Any = material.training_batches(options, trainee.recipe, trainee.augmentation)
    smallest = len(material.split.train) // max(1, len(batches)) // trainee.fabric.world_size
    if trainee.recipe.scales:
        batches = MultiScale(batches, [min(trainee.recipe.scales)], options.seed)
    require_company(trainee.stages, batches, smallest, str(trainee.architecture["model"]))


def make_stages(
    network: nn.Module, step: nn.Module, recipe: Recipe, features: Features | None = None
) -> tuple[Stage, ...]:
    """The recipe's stages around the task's step of `network`; some learn from `features`."""
    head = _head(network)
    falls = any(stage.fall != 1 for stage in recipe.stages)
    blocks = _blocks(network, features.material) if falls and features is not None else []

    def made(stage: StageRecipe) -> Stage:
        plain = Stage(
            name=stage.name,
            step=step,
            epochs=stage.epochs,
            lr=stage.lr,
            trainable=_trainable(stage.parts, head, blocks),
            ratios=_ratios(stage.fall, blocks),
            head=head,
            steps=stage.steps,
            patience=recipe.patience,
            optimizer=stage.optimizer or recipe.optimizer,
            weight_decay=stage.weight_decay,
            schedule=stage.schedule or recipe.schedule,
            warm_up=stage.warm_up,
            clip=recipe.clip,
            average=recipe.average,
            freeze_norms=stage.freeze_norms,
            enough=stage.enough,
        )
        if stage.how == "steps":
            return plain
        assert features is not None
        assert isinstance(step, ClassifyStep)
        if stage.how == "probe":
            return replace(plain, **computed_head(network, features, recipe))
        return replace(plain, **descended_head(step, features, recipe))

    return tuple(made(stage) for stage in recipe.stages)


def _head(network: nn.Module) -> frozenset[str]:
    """The step's names of the parameters of the network's heads, of a dense one all layers."""
    names = head_parameter_names(network)
    if hasattr(network, "cut"):
        names |= {name for name, _ in network.named_parameters() if name.startswith(f"{network.cut}.")}
    return frozenset(f"network.{name}" for name in names)


def _blocks(network: nn.Module, material: Material) -> list[frozenset[str]]:
    """The step's names of the parameters of every block, the first one first."""
    spec = material.preprocessing
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


def _wide(network: nn.Module) -> bool:
    """Whether a convolution has 16 channels or more on both sides, which bfloat16 then multiplies faster."""
    return any(
        min(layer.in_channels, layer.out_channels) >= 16
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d)
    )


def resolved(options: TrainOptions, plan: Plan, material: Material, trainee: Trainee) -> dict[str, Any]:
    """What was derived from the options, for `config.toml`; a resumed run must derive the same."""
    steps = epoch_steps(len(material.split.train), trainee.recipe.batch_size)
    return {
        "data": from_anywhere(options.data),
        "model": plan.model,
        "reason": plan.reason,
        "weights": str(plan.weights.resolve()) if plan.weights else "random",
        "weights_sha256": sha256(plan.weights.read_bytes()).hexdigest() if plan.weights else None,
        "split": str(options.split.resolve()) if options.split else None,
        "test": from_anywhere(options.test) if options.test else None,
        "parameters": sum(parameter.numel() for parameter in trainee.network.parameters()),
        "parent": str(plan.parent.resolve()) if plan.parent else None,
        "decided": asdict(trainee.decided),
        "recipe": trainee.recipe.name,
        "batch_size": trainee.recipe.batch_size,
        "label_smoothing": trainee.recipe.label_smoothing,
        "patience": trainee.recipe.patience,
        "augmentation": plan.augmentation if isinstance(plan.augmentation, str) else "own",
        "augmentation_ranges": asdict(trainee.augmentation) if trainee.augmentation else None,
        "image_size": list(material.preprocessing.size_hw),
        "channels": material.preprocessing.channels,
        "steps": sum(stage.length(steps) for stage in trainee.stages),
        "clip": trainee.recipe.clip,
        "average": as_table(trainee.recipe.average) if trainee.recipe.average else None,
        "balance": trainee.recipe.balance,
        "scales": list(trainee.recipe.scales),
        "precision": trainee.precision,
        "device": str(trainee.fabric.device),
        "processes": trainee.fabric.world_size,
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
            for stage in trainee.stages
        ],
    }


def _count(stage: Stage) -> int:
    named = stage.step.named_parameters()
    return sum(p.numel() for name, p in named if stage.trainable is None or name in stage.trainable)
