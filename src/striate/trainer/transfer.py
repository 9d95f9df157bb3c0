"""`--transfer auto`: the probe is measured first, and what it is worth decides what learns."""

from dataclasses import replace
from statistics import median

import torch

from striate.data.epoch_length import epoch_steps
from striate.events import Listener, Note
from striate.tasks.classify.choosing import Measured, choose_transfer, worth_timing
from striate.trainer.material import Material
from striate.trainer.measuring import paces_of
from striate.trainer.options import TrainOptions
from striate.trainer.plan import Plan, with_transfer
from striate.trainer.probing import probe_of
from striate.trainer.trainee import Decided, Trainee, make_trainee
from striate.training.pace import seconds_of


def decide_transfer(
    options: TrainOptions, plan: Plan, material: Material, on_event: Listener, decided: Decided | None
) -> tuple[Plan, Trainee]:
    """Plan and trainee with what learns; measured where the plan says auto and no run has recorded it."""
    pictures = len(material.split.train)
    if plan.transfer == "auto" and decided is not None and decided.transfer is not None:
        plan = with_transfer(plan, options, decided.transfer, pictures)
    trainee = make_trainee(options, plan, material, on_event, decided)
    if plan.transfer != "auto":
        return plan, trainee
    measured = _measured(trainee, material)
    trunk = trainee.features.trunk
    if worth_timing(measured):
        longer = with_transfer(plan, options, "finetune", pictures)
        tried = make_trainee(options, longer, material, lambda _: None, decided, trunk)
        steps = epoch_steps(pictures, tried.recipe.batch_size)
        paces = paces_of(tried, options, material)
        judged = len(material.split.validation) or pictures
        measured = replace(measured, finetune_seconds=seconds_of(paces, tried.stages, steps, judged))
    choice = choose_transfer(measured, None if options.minutes is None else 60 * options.minutes)
    on_event(Note(f"transfer: {choice.transfer}, {choice.reason}"))
    plan = with_transfer(plan, options, choice.transfer, pictures)
    now = replace(decided or Decided(), transfer=choice.transfer)
    return plan, make_trainee(options, plan, material, lambda _: None, now, trunk)


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
