"""`--transfer auto`: the probe is measured first, and what it is worth decides what learns."""

from dataclasses import replace

from striate.events import Listener, Note, silent
from striate.trainer.options import TrainOptions
from striate.trainer.pictures.prepared_data import PreparedData
from striate.trainer.plan import Plan, with_transfer
from striate.trainer.reckoning.duration import training_seconds
from striate.trainer.reckoning.measuring import paces_of
from striate.trainer.setup import MeasuredOnce, TrainingSetup, make_setup
from striate.trainer.transferring.probing import probe_of
from striate.training.devices.fabric import Fabric


def decide_transfer(
    options: TrainOptions,
    plan: Plan,
    data: PreparedData,
    on_event: Listener,
    group: Fabric,
    decided: MeasuredOnce | None,
) -> tuple[Plan, TrainingSetup]:
    """Plan and setup with what learns; measured where the plan says auto and no run has recorded it."""
    pictures = len(data.split.train)
    if plan.transfer == "auto" and decided is not None and decided.transfer is not None:
        plan = with_transfer(plan, options, decided.transfer, pictures)
    setup = make_setup(options, plan, data, on_event, group, decided)
    if plan.transfer != "auto":
        return plan, setup
    learner, trunk, fabric = setup.task.from_features(), setup.features.trunk, setup.fabric
    first = plan

    def finetuning() -> float:
        longer = with_transfer(first, options, "finetune", pictures)
        tried = make_setup(options, longer, data, silent, fabric, decided, trunk)
        paces = paces_of(tried, options, data)
        return training_seconds(paces, tried.stages, tried.recipe.batch_size, data)

    probe = probe_of(learner, setup.features, setup.recipe)
    truths = [data.dataset.items[row].truth for row in data.split.train]
    seconds = None if options.minutes is None else 60 * options.minutes
    choice = learner.choose(probe, truths, finetuning, seconds)
    on_event(Note(f"transfer: {choice.transfer}, {choice.reason}"))
    plan = with_transfer(plan, options, choice.transfer, pictures)
    now = replace(decided or MeasuredOnce(), transfer=choice.transfer)
    return plan, make_setup(options, plan, data, silent, fabric, now, trunk)
