"""`--transfer auto`: the probe is measured first, and what it is worth decides what learns."""

from dataclasses import replace

from striate.events import Listener, Note, silent
from striate.trainer.measured_once import MeasuredOnce
from striate.trainer.pictures.prepared_data import PreparedData
from striate.trainer.plan import Plan
from striate.trainer.reckoning.duration import training_seconds
from striate.trainer.reckoning.measuring import paces_of
from striate.trainer.setup import TrainingSetup, make_setup
from striate.trainer.transferring.probing import probe_of
from striate.training.devices.fabric import Fabric


def decide_transfer(
    plan: Plan, data: PreparedData, on_event: Listener, fabric: Fabric, decided: MeasuredOnce
) -> tuple[Plan, TrainingSetup]:
    """Plan and setup with what learns; measured where the plan says auto and no run has recorded it."""
    pictures = len(data.split.train)
    if plan.transfer == "auto" and decided.transfer is not None:
        plan = plan.with_transfer(decided.transfer, pictures)
    setup = make_setup(plan, data, on_event, fabric, decided)
    if plan.transfer != "auto":
        return plan, setup
    learner, trunk = setup.task.from_features(), setup.features.trunk

    def finetuning() -> float:
        tried = make_setup(plan.with_transfer("finetune", pictures), data, silent, fabric, decided, trunk)
        return training_seconds(paces_of(tried, data), tried.stages, tried.recipe.batch_size, data)

    probe = probe_of(learner, setup.features, setup.recipe)
    truths = [data.dataset.items[row].truth for row in data.split.train]
    choice = learner.choose(probe, truths, finetuning, plan.schedule.seconds)
    if fabric.world_size > 1:
        choice = fabric.broadcast(choice)  # each process has its own clock; the first one's counts
    on_event(Note(f"transfer: {choice.transfer}, {choice.reason}"))
    plan = plan.with_transfer(choice.transfer, pictures)
    return plan, make_setup(plan, data, silent, fabric, replace(decided, transfer=choice.transfer), trunk)
