"""What is trained: network, task, stages and fabric, built the same way for a new and for a resumed run."""

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import torch
from torch import nn

from striate.actions.material import Material
from striate.actions.options import TrainOptions
from striate.actions.plan import Plan, make_recipe
from striate.data.transforms.augmentation import AUGMENTATIONS, Augmentation, stream_seed
from striate.events import Listener, Note
from striate.machine import cpu
from striate.models.backbone import head_parameter_names
from striate.models.build import create_model
from striate.models.pretrained import load_weights
from striate.protocol import as_table
from striate.tasks.classify import Classify
from striate.tasks.recipes.recipe import Recipe
from striate.training.fabric import Fabric, make_fabric
from striate.training.precision import choose_precision
from striate.training.stages import Stage


@dataclass(frozen=True, slots=True)
class Trainee:
    """Everything that the loop needs and that follows from options, data and machine."""

    network: nn.Module
    architecture: dict[str, Any]
    task: Classify
    recipe: Recipe
    stages: tuple[Stage, ...]
    augmentation: Augmentation | None
    fabric: Fabric
    precision: str


def make_trainee(options: TrainOptions, plan: Plan, material: Material, on_event: Listener) -> Trainee:
    """Build it; draws from torch's global generator, which afterwards is seeded for dropout."""
    architecture = {
        "model": plan.model,
        "num_classes": len(material.dataset.classes),
        "in_channels": material.preprocessing.channels,
        "image_size": list(material.preprocessing.size_hw),
    }
    torch.manual_seed(stream_seed(options.seed, "weights"))
    network = create_model(
        plan.model,
        num_classes=len(material.dataset.classes),
        in_channels=material.preprocessing.channels,
        image_size=material.preprocessing.size_hw,
    )
    if plan.weights is not None:
        loaded = load_weights(network, plan.weights)
        for note in loaded.notes if options.weights is not None else ():  # of one's own file it matters
            on_event(Note(note))
        if loaded.head_replaced:
            before, after = loaded.head_replaced
            on_event(Note(f"the head of {before:,} outputs was replaced by a new one of {after:,}"))
    network = network.to(memory_format=torch.channels_last)
    torch.manual_seed(stream_seed(options.seed, "dropout"))

    recipe = make_recipe(options, plan, len(material.split.train))
    task = Classify(material.preprocessing, recipe.label_smoothing)
    step = task.step(network)
    head = frozenset(f"network.{name}" for name in head_parameter_names(network))
    stages = tuple(
        Stage(
            name=stage.name,
            step=step,
            epochs=stage.epochs,
            lr=stage.lr,
            trainable=head if stage.parts == "head" else None,
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
        )
        for stage in recipe.stages
    )
    precision = choose_precision(options.precision, options.device, cpu().features, large=plan.pretrained)
    fabric = make_fabric(options.device, precision)
    augmentation = AUGMENTATIONS[plan.augmentation]
    return Trainee(network, architecture, task, recipe, stages, augmentation, fabric, precision)


def resolved(options: TrainOptions, plan: Plan, material: Material, trainee: Trainee) -> dict[str, Any]:
    """What was derived from the options, for `config.toml`; a resumed run must derive the same."""
    steps = -(-len(material.split.train) // trainee.recipe.batch_size)
    return {
        "data": str(options.data.resolve()),
        "model": plan.model,
        "reason": plan.reason,
        "weights": str(plan.weights.resolve()) if plan.weights else "random",
        "weights_sha256": sha256(plan.weights.read_bytes()).hexdigest() if plan.weights else None,
        "split": str(options.split.resolve()) if options.split else None,
        "test": str(options.test.resolve()) if options.test else None,
        "parameters": sum(parameter.numel() for parameter in trainee.network.parameters()),
        "recipe": trainee.recipe.name,
        "batch_size": trainee.recipe.batch_size,
        "label_smoothing": trainee.recipe.label_smoothing,
        "patience": trainee.recipe.patience,
        "augmentation": plan.augmentation,
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
