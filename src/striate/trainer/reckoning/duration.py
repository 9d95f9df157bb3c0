"""How long a training will take, reckoned once: for `--dry-run`, `--minutes` and `--transfer auto`."""

from collections.abc import Sequence
from time import monotonic

import torch

from striate.data.epoch_length import epoch_steps
from striate.events import silent
from striate.inference.engine_choice import COMPARED, choose_engine, spread
from striate.inference.predictor import Predictor
from striate.tasks.recipes.recipe import StageRecipe
from striate.trainer.pictures.prepared_data import PreparedData
from striate.trainer.setup import TrainingSetup
from striate.training.stages import Stage
from striate.training.trials.pace import Pace, seconds_of

REPORT = 1.0  # seconds of the temperature, the answers' tables, pictures and the report, whatever the network
TIMED = 16  # pictures on which engines are compared and timed; the end compares more


def training_seconds(
    paces: Sequence[Pace],
    stages: Sequence[Stage] | Sequence[StageRecipe],
    batch_size: int,
    data: PreparedData,
) -> float:
    """Of the steps of all stages and the validation after every epoch."""
    split = data.split
    judged = len(split.validation) or len(split.train)
    an_epoch = epoch_steps(len(split.train), batch_size)
    return seconds_of(paces, [stage.length(an_epoch) for stage in stages], an_epoch, judged)


def finishing_seconds(setup: TrainingSetup, data: PreparedData) -> float:
    """Of choosing an engine, calibration, the measurement at the end and the report.

    The network is tried as it is: an engine is chosen on a few pictures as it will be at the end, and both it
    and torch, with which it is compared, are timed.
    """
    plain = Predictor(
        str(setup.architecture["model"]),
        setup.network.eval(),
        setup.task,
        data.preprocessing,
        setup.task.classes(data.dataset),
        width=int(setup.architecture["num_classes"]),
        learned=setup.context.learned,
    )
    validation = torch.as_tensor(data.split.validation, dtype=torch.int64)
    rows = validation if len(validation) else torch.tensor(data.split.train)
    few = data.store.pictures[spread(rows, TIMED)]
    began = monotonic()
    served, record = choose_engine(plain, few, silent)
    choosing = monotonic() - began
    answered = _seconds_a_picture(served, few)
    compared = max(0, min(len(validation), COMPARED) - len(few))
    if record["tried"]:  # a small network stays with torch and is compared with nothing
        choosing += compared * (answered + _seconds_a_picture(plain, few))
    measured = data.external.rows if data.external is not None else data.split.test
    return REPORT + choosing + (len(validation) + len(measured)) * answered


def _seconds_a_picture(predictor: Predictor, pictures: torch.Tensor) -> float:
    began = monotonic()
    predictor.outputs(pictures)
    return (monotonic() - began) / len(pictures)
