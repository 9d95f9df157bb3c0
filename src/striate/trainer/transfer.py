"""`--transfer auto`: the probe is measured first, and what it is worth decides what learns."""

from dataclasses import replace
from statistics import median

import torch

from striate.events import Listener, Note, silent
from striate.tasks.classify.choosing import Measured, choose_transfer, worth_timing
from striate.trainer.duration import training_seconds
from striate.trainer.material import Material
from striate.trainer.measuring import paces_of
from striate.trainer.options import TrainOptions
from striate.trainer.plan import Plan, with_transfer
from striate.trainer.probing import probe_of
from striate.trainer.trainee import Decided, Trainee, make_trainee
from striate.training.devices.fabric import Fabric


def decide_transfer(
    options: TrainOptions,
    plan: Plan,
    material: Material,
    on_event: Listener,
    group: Fabric,
    decided: Decided | None,
) -> tuple[Plan, Trainee]:
    """Plan and trainee with what learns; measured where the plan says auto and no run has recorded it."""
    pictures = len(material.split.train)
    if plan.transfer == "auto" and decided is not None and decided.transfer is not None:
        plan = with_transfer(plan, options, decided.transfer, pictures)
    trainee = make_trainee(options, plan, material, on_event, group, decided)
    if plan.transfer != "auto":
        return plan, trainee
    measured = _measured(trainee, material)
    trunk, fabric = trainee.features.trunk, trainee.fabric
    if worth_timing(measured):
        longer = with_transfer(plan, options, "finetune", pictures)
        tried = make_trainee(options, longer, material, silent, fabric, decided, trunk)
        paces = paces_of(tried, options, material)
        seconds = training_seconds(paces, tried.stages, tried.recipe.batch_size, material)
        measured = replace(measured, finetune_seconds=seconds)
    choice = choose_transfer(measured, None if options.minutes is None else 60 * options.minutes)
    on_event(Note(f"transfer: {choice.transfer}, {choice.reason}"))
    plan = with_transfer(plan, options, choice.transfer, pictures)
    now = replace(decided or Decided(), transfer=choice.transfer)
    return plan, make_trainee(options, plan, material, silent, fabric, now, trunk)


def _measured(trainee: Trainee, material: Material) -> Measured:
    rows = torch.tensor(material.split.train)
    labels = material.store.labels[rows]
    probe = probe_of(trainee.features, trainee.recipe)
    asked = probe.answers >= 0
    accuracy = float((probe.answers[asked] == labels[asked]).double().mean()) if bool(asked.any()) else None
    counts = torch.bincount(labels)
    return Measured(
        pictures=len(rows),
        each=int(median(counts[counts > 0].tolist())),
        accuracy=accuracy,
    )
