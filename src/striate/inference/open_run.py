"""A run, or a catalogue name with weights, becomes a predictor."""

from os import PathLike
from pathlib import Path

import torch

from striate.engines.choosing import Choice
from striate.errors import StriateError
from striate.events import Listener, silent
from striate.inference.network_of_run import labels_of, network_of
from striate.inference.predictor import Predictor
from striate.inference.views import PLAIN, Views, require_mirrored
from striate.models.build import create_model
from striate.models.catalog import MODELS, find_entry
from striate.models.weights.pretrained import find_weights, imagenet_classes, load_weights, preprocessing_of
from striate.runs.default_task import DEFAULT_TASK
from striate.runs.preprocessing import read_preprocessing
from striate.runs.record import RunRecord
from striate.tasks.catalog import find_task

ENGINE = "engine.json"


def open_run(
    run: str | PathLike[str],
    weights: str | PathLike[str] | None = None,
    device: str = "cpu",
    on_event: Listener = silent,
    views: Views = PLAIN,
) -> Predictor:
    """The predictor of a run, served by the engine that its end chose; torch serves a catalogue name.

    Args:
        run: a Run, the path of one, or a name from `list_models()` with `weights`.
        weights: with a name: imagenet, or a .safetensors or .pth file whose head is kept as it is.
        device: where it computes.
        on_event: is told where another engine than the run's has to serve.
        views: what is asked about besides every picture as it is.

    Raises:
        StriateError: there is no such run, it holds no network yet, the weights do not fit, or it may not be
            asked about these views.
    """
    is_folder = Path(run).is_dir()
    if weights is not None and is_folder:
        raise StriateError(
            f"{run} is a folder; --weights goes with a name from `striate models`. Leave it out."
        )
    if weights is None and not is_folder and str(run) in MODELS:
        raise StriateError(f"{run} has no weights of its own here; add --weights imagenet or --weights FILE.")
    if weights is not None:
        source = find_weights(str(run), download=True) if weights == "imagenet" else Path(weights)
        found, engine = _from_catalogue(str(run), source, views), Choice()
    else:
        record = RunRecord.open(run)
        found, engine = _from_run(record, views), engine_of(record)
    found.module.to(device).to(memory_format=torch.channels_last).eval()
    return found.served_by(engine, on_event)


def engine_of(record: RunRecord) -> Choice:
    """What the run's end chose to serve it; torch for a run that is older than engines, or not finished."""
    recorded = record.engine
    if recorded is None:
        return Choice()
    try:
        return Choice.of(recorded.engine, recorded.precision)
    except ValueError as error:
        raise StriateError(
            f"{record.folder / ENGINE} names no engine that this Striate knows; delete it, and torch serves "
            "the run."
        ) from error


def _from_run(record: RunRecord, views: Views) -> Predictor:
    module, architecture = network_of(record)
    task = find_task(architecture.task)
    learned = record.learned
    if not task.understands(learned, architecture.num_classes):
        raise StriateError(
            f"{record.folder / 'task.json'} is damaged: what {task.name} has learned from the data does not "
            f"belong to {architecture.num_classes:,} outputs; train the run again."
        )
    if views.several:
        task.require("views")
    if views.flips:
        require_mirrored(record)
    return Predictor(
        architecture.model,
        module,
        task,
        read_preprocessing(record),
        labels_of(record, architecture),
        record.calibration_table,
        views=views,
        width=architecture.num_classes,
        learned=learned,
    )


def _from_catalogue(name: str, weights: Path, views: Views) -> Predictor:
    if "imagenet" not in find_entry(name).weights:
        raise StriateError(
            f"what the weights of {name} were trained on is not known, nor are classes and preprocessing "
            f"known; predict with a run: `striate train DATA --model {name} --weights {weights}` makes one."
        )
    preprocessing = preprocessing_of(name)
    with torch.random.fork_rng(devices=[]):
        module = create_model(name)
    loaded = load_weights(module, weights)
    if loaded.head_replaced:
        raise StriateError(
            f"{weights} has a head of {loaded.head_replaced[0]} outputs, {name} predicts with "
            f"{loaded.head_replaced[1]}; train a run from these weights first: "
            f"`striate train DATA --model {name} --weights {weights}`."
        )
    task = find_task(DEFAULT_TASK)  # what ImageNet's weights do
    return Predictor(name, module, task, preprocessing, imagenet_classes(), views=views)
