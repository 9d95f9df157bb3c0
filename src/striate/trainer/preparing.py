"""Everything before the first step: data, plan, pictures, network, and what has to be measured once."""

from dataclasses import dataclass
from time import monotonic
from typing import Any

import torch
from torch import nn

from striate.data.audit.odd_labels import odd_labels
from striate.data.dataset import Dataset
from striate.data.datasets.picture_files import set_limits
from striate.data.decoding.decode import reading_for
from striate.data.wording import counted
from striate.events import Listener, Note, Warned, silent
from striate.inference.network_of_run import without_memory
from striate.machine.cpu import cpu
from striate.tasks.catalog import find_task
from striate.tasks.task import Task
from striate.trainer.measured_once import MeasuredOnce
from striate.trainer.option_groups import DataOptions, MachineOptions
from striate.trainer.options import TrainOptions
from striate.trainer.pictures.prepared_data import PreparedData, prepare_data
from striate.trainer.pictures.truths import open_for
from striate.trainer.plan import Plan, make_plan
from striate.trainer.reckoning.measuring import find_rate, fit_minutes
from striate.trainer.setup import TrainingSetup, resolved
from striate.trainer.starting import load_start
from striate.trainer.transferring.transfer import decide_transfer
from striate.training.devices.fabric import Fabric, launched
from striate.training.devices.precision import choose_precision
from striate.training.trials.lr_finder import RangeTest


@dataclass(frozen=True, slots=True)
class Prepared:
    """A training that could begin.

    Attributes:
        resolved: what was derived from the options, as config.toml has it.
        test: of the rate, where there was one.
        reading: how many seconds it took: pictures, and what was measured.
    """

    plan: Plan
    data: PreparedData
    setup: TrainingSetup
    resolved: dict[str, Any]
    test: RangeTest | None
    reading: float


def prepare(
    options: TrainOptions, decided: MeasuredOnce, on_event: Listener, began: float | None = None
) -> Prepared:
    """Read and build; draws from torch's global generator. Launches the training's processes.

    Args:
        options: of the training.
        decided: what an interrupted run has recorded.
        on_event: is told what happens.
        began: when the work began, on the monotonic clock.
    """
    began = monotonic() if began is None else began
    task, asked = find_task(options.task), options.of_data
    dataset = _opened(task, asked, on_event)
    plan = make_plan(task, options.of_network, options.of_schedule, dataset, on_event)
    require_start(plan, dataset)
    fabric = _launched(plan, dataset, options.of_machine)
    dataset = set_limits(dataset, reading_for(asked.limits, plan.preprocessing.white))
    data = prepare_data(dataset, plan, asked, on_event)
    plan, setup = decide_transfer(plan, data, on_event, fabric, decided)
    setup, test = find_rate(setup, plan, data, on_event)
    setup = fit_minutes(setup, plan, data, on_event, began)
    reading = monotonic() - began
    return Prepared(plan, data, setup, resolved(plan, data, setup), test, reading)


def require_start(plan: Plan, dataset: Dataset) -> None:
    """Refuse weights of one's own that do not fit, before any picture is read.

    Raises:
        StriateError: they are of another network, or no weights.
    """
    if not plan.own_file:
        return
    with torch.random.fork_rng(devices=[]):
        network = plan.task.plain(plan.architecture(dataset))
        load_start(network, plan, plan.task.classes(dataset), silent)


def _opened(task: Task[Any], asked: DataOptions, on_event: Listener) -> Dataset:
    """The data set with the limits that were asked for; what was found is told."""
    dataset = open_for(task, asked.data, on_event, follow_links=asked.follow_links)
    dataset = set_limits(dataset, asked.limits)
    classes = f", {counted(len(dataset.classes), 'class', 'classes')}" if dataset.classes else ""
    found = f"{dataset.layout}, {counted(len(dataset.items), 'picture')}{classes}"
    on_event(Note(f"{asked.data}: {found}"))
    for note in (*dataset.notes, *task.notes(dataset)):
        on_event(Note(note))
    for odd in odd_labels(dataset):
        on_event(Warned(odd.words()))
    return dataset


def _launched(plan: Plan, dataset: Dataset, machine: MachineOptions) -> Fabric:
    """The training's processes, in the precision that suits machine and network.

    A fabric keeps the precision that it is made with, and that follows from the network's layers; so they are
    looked at first, without memory for their weights.
    """
    with torch.random.fork_rng(devices=[]), without_memory():
        network = plan.task.build(plan.architecture(dataset))
    precision = choose_precision(machine.precision, machine.device, cpu().features, wide=_wide(network))
    return launched(machine.device, machine.devices, precision)


def _wide(network: nn.Module) -> bool:
    """Whether a convolution has 16 channels or more on both sides, which bfloat16 then multiplies faster."""
    return any(
        min(layer.in_channels, layer.out_channels) >= 16
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d)
    )
