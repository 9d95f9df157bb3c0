"""Everything before the first step: data, plan, pictures, network, and what has to be measured once."""

from dataclasses import dataclass
from time import monotonic

import torch

from striate.data.audit.odd_labels import odd_labels
from striate.data.dataset import Dataset
from striate.data.datasets.picture_files import set_limits
from striate.data.decoding.decode import Limits, reading_for
from striate.data.wording import counted
from striate.events import Listener, Note, Warned, silent
from striate.tasks.catalog import find_task
from striate.trainer.options import TrainOptions
from striate.trainer.pictures.prepared_data import PreparedData, prepare_data
from striate.trainer.pictures.truths import open_for
from striate.trainer.plan import Plan, make_plan, make_recipe
from striate.trainer.reckoning.measuring import find_rate, fit_minutes
from striate.trainer.setup import MeasuredOnce, TrainingSetup, architecture_for
from striate.trainer.starting import load_start
from striate.trainer.transferring.transfer import decide_transfer
from striate.training.devices.fabric import Fabric
from striate.training.trials.lr_finder import RangeTest


@dataclass(frozen=True, slots=True)
class Prepared:
    """A training that could begin. `reading` is how many seconds it took: pictures, and what was measured."""

    plan: Plan
    data: PreparedData
    setup: TrainingSetup
    test: RangeTest | None
    reading: float


def prepare(
    options: TrainOptions,
    decided: MeasuredOnce | None,
    on_event: Listener,
    group: Fabric,
    began: float | None = None,
) -> Prepared:
    """Read and build; draws from torch's global generator.

    Args:
        options: of the training.
        decided: what an interrupted run has recorded; None measures it.
        on_event: is told what happens.
        group: the training's processes.
        began: when the work began, on the monotonic clock.
    """
    began = monotonic() if began is None else began
    limits = Limits(options.max_bytes, options.max_pixels)
    task = find_task(options.task)
    dataset = open_for(task, options.data, on_event, follow_links=options.follow_links)
    dataset = set_limits(dataset, limits)
    classes = f", {counted(len(dataset.classes), 'class', 'classes')}" if dataset.classes else ""
    found = f"{dataset.layout}, {counted(len(dataset.items), 'picture')}{classes}"
    on_event(Note(f"{options.data}: {found}"))
    for note in (*dataset.notes, *find_task(options.task).notes(dataset)):
        on_event(Note(note))
    for odd in odd_labels(dataset):
        on_event(Warned(odd.words()))
    plan = make_plan(options, dataset, on_event)
    require_start(plan, options, dataset)
    dataset = set_limits(dataset, reading_for(limits, plan.preprocessing.white))
    data = prepare_data(dataset, plan, options, on_event)
    plan, setup = decide_transfer(options, plan, data, on_event, group, decided)
    setup, test = find_rate(setup, options, plan, data, on_event)
    setup = fit_minutes(setup, options, plan, data, on_event, began)
    setup = _agreed(setup, options, plan, data)
    return Prepared(plan, data, setup, test, monotonic() - began)


def require_start(plan: Plan, options: TrainOptions, dataset: Dataset) -> None:
    """Refuse weights of one's own that do not fit, before any picture is read.

    Raises:
        StriateError: they are of another network, or no weights.
    """
    if options.weights in (None, "imagenet"):
        return
    with torch.random.fork_rng(devices=[]):
        task = find_task(options.task)
        network = task.plain(architecture_for(plan, task, dataset))
        load_start(network, plan, options, dataset.classes, silent)


def _agreed(setup: TrainingSetup, options: TrainOptions, plan: Plan, data: PreparedData) -> TrainingSetup:
    """Several processes measure several numbers; the first one's count."""
    if setup.fabric.world_size == 1:
        return setup
    decided = setup.fabric.broadcast(setup.decided)
    pictures = len(data.split.train)
    return setup.following(
        make_recipe(options, plan, pictures, epochs=decided.epochs, lr=decided.lr), decided
    )
