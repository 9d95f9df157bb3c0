"""What is measured before a training: a rate for `--lr auto`, a number of epochs for `--minutes`.

Both happen once. The numbers are recorded in `config.toml`, and a resumed run reads them there.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter

import torch

from striate.data.epoch_length import epoch_steps
from striate.data.loading import Batches
from striate.events import Listener, Note
from striate.runs.weights import write_weights
from striate.tasks.recipes.recipe import Recipe
from striate.trainer.measured_once import MeasuredOnce
from striate.trainer.pictures.prepared_data import PreparedData
from striate.trainer.plan import Plan
from striate.trainer.reckoning.duration import finishing_seconds, training_seconds
from striate.trainer.setup import TrainingSetup
from striate.trainer.transferring.probing import probe_of
from striate.training.trials.lr_finder import RangeTest, range_test
from striate.training.trials.pace import Pace, epochs_within, measure_pace

LEAST_SHARE = 0.1  # of the minutes that is left for learning, however long reading took


def find_rate(
    setup: TrainingSetup, plan: Plan, data: PreparedData, on_event: Listener
) -> tuple[TrainingSetup, RangeTest | None]:
    """The setup with the rate that a range test finds for its first stage, if `--lr auto` was asked for."""
    if plan.schedule.lr != "auto" or setup.decided.lr is not None:
        return setup, None
    on_event(Note("looking for a learning rate: up to 100 steps on a copy of the network"))
    stages = setup.stages
    test = range_test(setup.fabric, stages[0], training_batches(setup, data), data.options.seed)
    # Later stages begin where earlier ones end, so only the first can be tested; the others keep their ratio.
    lr = test.chosen * stages[-1].lr / stages[0].lr
    on_event(Note(f"learning rate {test.chosen:g}: a tenth of {test.lowest:.2g}, where the loss is lowest"))
    return decide(setup, plan, data, replace(setup.decided, lr=lr)), test


def fit_minutes(
    setup: TrainingSetup, plan: Plan, data: PreparedData, on_event: Listener, began: float
) -> TrainingSetup:
    """The setup with as many epochs as fit into `--minutes`, counted from `began`."""
    seconds = plan.schedule.seconds
    trained = any(stage.fit_closed_form is None and stage.batches is None for stage in setup.stages)
    if seconds is None or setup.decided.epochs is not None or not trained:
        return setup
    fit_closed_form_first(setup, data)
    paces = paces_of(setup, data)
    # Of several processes only the first reckons the end: its number of epochs counts.
    finishing = finishing_seconds(setup, data) if setup.fabric.is_global_zero else 0.0
    left = max(LEAST_SHARE * seconds, seconds - (monotonic() - began) - finishing)
    pictures, judged = len(data.split.train), len(data.split.validation) or len(data.split.train)

    def of(epochs: int) -> Recipe:
        return plan.recipe(pictures, replace(setup.decided, epochs=epochs))

    def cost(epochs: int) -> float:
        recipe = of(epochs)
        return training_seconds(paces, recipe.stages, recipe.batch_size, data)

    epochs, steps = epochs_within(left, cost), None
    if cost(epochs) > left:
        pace = next(pace for pace in paces if pace.step > 0)  # of the one stage that is left
        steps = max(1, int((left - judged * pace.picture) / pace.step))
        steps = min(steps, epoch_steps(pictures, of(1).batch_size))
    whole = "one epoch" if epochs == 1 else f"{epochs:,} epochs"
    part = f"{steps:,} {'step' if steps == 1 else 'steps'} of {whole}" if steps else whole
    on_event(Note(f"--minutes {seconds / 60:g} is about {part} on this machine"))
    return decide(setup, plan, data, replace(setup.decided, epochs=epochs, steps=steps))


def decide(setup: TrainingSetup, plan: Plan, data: PreparedData, measured: MeasuredOnce) -> TrainingSetup:
    """The setup with what was measured: of several processes each measures, and the first one's counts."""
    if setup.fabric.world_size > 1:
        measured = setup.fabric.broadcast(measured)
    return setup.following(plan.recipe(len(data.split.train), measured), measured)


def fit_closed_form_first(setup: TrainingSetup, data: PreparedData) -> None:
    """What is computed without steps takes its time before the rest is shared out."""
    if any(stage.fit_closed_form is not None for stage in setup.stages):
        probe_of(setup.task.from_features(), setup.features, setup.recipe)
        setup.features.of(data.split.validation or data.split.train)


def training_batches(setup: TrainingSetup, data: PreparedData) -> Batches:
    """This process's part of the training pictures."""
    part = (setup.fabric.global_rank, setup.fabric.world_size)
    return data.training_batches(setup.task, setup.recipe, setup.augmentation, part)


def paces_of(setup: TrainingSetup, data: PreparedData) -> list[Pace]:
    """Seconds a step of every stage, measured on copies."""
    shown = data.split.validation or data.split.train
    rows = torch.tensor(shown[: data.judged_together])
    judged = data.store.batch(data.store.pictures[rows], rows)
    paces = measure_pace(setup.fabric, setup.stages, training_batches(setup, data), judged)
    writing = _writing_seconds(setup)
    return [replace(pace, epoch=writing) for pace in paces]


def _writing_seconds(setup: TrainingSetup) -> float:
    """How long the weights take to be written; to the temporary folder, since a dry run leaves nothing."""
    with TemporaryDirectory() as folder:
        began = perf_counter()
        write_weights(Path(folder) / "weights.safetensors", setup.network, setup.architecture)
        return perf_counter() - began
