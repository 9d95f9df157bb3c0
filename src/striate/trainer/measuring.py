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
from striate.trainer.duration import finishing_seconds, training_seconds
from striate.trainer.material import Material
from striate.trainer.options import TrainOptions
from striate.trainer.plan import Plan, make_recipe
from striate.trainer.probing import probe_of
from striate.trainer.trainee import Trainee
from striate.training.trials.lr_finder import RangeTest, range_test
from striate.training.trials.pace import Pace, epochs_within, measure_pace

LEAST_SHARE = 0.1  # of the minutes that is left for learning, however long reading took


def find_rate(
    trainee: Trainee, options: TrainOptions, plan: Plan, material: Material, on_event: Listener
) -> tuple[Trainee, RangeTest | None]:
    """The trainee with the rate that a range test finds for its first stage, if `--lr auto` was asked for."""
    if options.lr != "auto" or trainee.decided.lr is not None:
        return trainee, None
    on_event(Note("looking for a learning rate: up to 100 steps on a copy of the network"))
    stages = trainee.stages
    test = range_test(trainee.fabric, stages[0], training_batches(trainee, options, material), options.seed)
    # Later stages begin where earlier ones end, so only the first can be tested; the others keep their ratio.
    lr = test.chosen * stages[-1].lr / stages[0].lr
    decided = replace(trainee.decided, lr=lr)
    recipe = make_recipe(options, plan, len(material.split.train), epochs=decided.epochs, lr=decided.lr)
    on_event(Note(f"learning rate {test.chosen:g}: a tenth of {test.lowest:.2g}, where the loss is lowest"))
    return trainee.following(recipe, decided), test


def fit_minutes(
    trainee: Trainee,
    options: TrainOptions,
    plan: Plan,
    material: Material,
    on_event: Listener,
    began: float,
) -> Trainee:
    """The trainee with as many epochs as fit into `--minutes`, counted from `began`."""
    descended = any(stage.solve is None and stage.batches is None for stage in trainee.stages)
    if options.minutes is None or trainee.decided.epochs is not None or not descended:
        return trainee
    solve_first(trainee, material)
    paces = paces_of(trainee, options, material)
    seconds = 60 * options.minutes
    # Of several processes only the first reckons the end: its number of epochs counts.
    finishing = finishing_seconds(trainee, material) if trainee.fabric.is_global_zero else 0.0
    left = max(LEAST_SHARE * seconds, seconds - (monotonic() - began) - finishing)
    pictures, judged = len(material.split.train), len(material.split.validation) or len(material.split.train)

    def with_epochs(epochs: int, steps: int | None = None) -> Trainee:
        decided = replace(trainee.decided, epochs=epochs, steps=steps)
        recipe = make_recipe(options, plan, pictures, epochs=epochs, lr=decided.lr)
        return trainee.following(recipe, decided)

    def cost(epochs: int) -> float:
        found = with_epochs(epochs)
        return training_seconds(paces, found.stages, found.recipe.batch_size, material)

    epochs, steps = epochs_within(left, cost), None
    if cost(epochs) > left:
        pace = next(pace for pace in paces if pace.step > 0)  # of the one stage that is left
        steps = max(1, int((left - judged * pace.picture) / pace.step))
        steps = min(steps, epoch_steps(pictures, with_epochs(1).recipe.batch_size))
    whole = "one epoch" if epochs == 1 else f"{epochs:,} epochs"
    part = f"{steps:,} {'step' if steps == 1 else 'steps'} of {whole}" if steps else whole
    on_event(Note(f"--minutes {options.minutes:g} is about {part} on this machine"))
    return with_epochs(epochs, steps)


def solve_first(trainee: Trainee, material: Material) -> None:
    """What is computed without steps takes its time before the rest is shared out."""
    if any(stage.solve is not None for stage in trainee.stages):
        probe_of(trainee.features, trainee.recipe)
        trainee.features.of(material.split.validation or material.split.train)


def training_batches(trainee: Trainee, options: TrainOptions, material: Material) -> Batches:
    """This process's part of the training pictures."""
    part = (trainee.fabric.global_rank, trainee.fabric.world_size)
    return material.training_batches(options, trainee.recipe, trainee.augmentation, part)


def paces_of(trainee: Trainee, options: TrainOptions, material: Material) -> list[Pace]:
    """Seconds a step of every stage, measured on copies."""
    shown = material.split.validation or material.split.train
    rows = torch.tensor(shown[: material.judged_together])
    judged = material.store.batch(material.store.pictures[rows], rows)
    paces = measure_pace(trainee.fabric, trainee.stages, training_batches(trainee, options, material), judged)
    writing = _writing_seconds(trainee)
    return [replace(pace, epoch=writing) for pace in paces]


def _writing_seconds(trainee: Trainee) -> float:
    """How long the weights take to be written; to the temporary folder, since a dry run leaves nothing."""
    with TemporaryDirectory() as folder:
        began = perf_counter()
        write_weights(Path(folder) / "weights.safetensors", trainee.network, trainee.architecture)
        return perf_counter() - began
