"""Listeners that also write what happens for TensorBoard or MLflow, in files of this machine.

Nothing of either is imported unless it is asked for.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from striate.actions.options import TrainOptions
from striate.errors import StriateError
from striate.events import EpochEnded, Event, Listener
from striate.runs.folder import RunFolder


def require_logger(name: str | None) -> None:
    """Say that a logger is missing before anything is read.

    Raises:
        StriateError: it is not installed.
    """
    if name is not None and find_spec(name) is None:
        raise StriateError(f'--log {name} needs a package: pip install "striate[{name}]".')


def with_logger(options: TrainOptions, folder: RunFolder, on_event: Listener) -> Listener:
    """A listener that passes everything on to `on_event`, and the epochs to what `--log` names."""
    if options.log is None:
        return on_event
    log = _tensorboard(folder) if options.log == "tensorboard" else _mlflow(options, folder)

    def both(event: Event) -> None:
        on_event(event)
        if isinstance(event, EpochEnded):
            log(event)

    return both


def _tensorboard(folder: RunFolder) -> Listener:
    from torch.utils.tensorboard.writer import SummaryWriter

    # A resumed run repeats epochs after its checkpoint; what TensorBoard has of them is then dropped.
    done = len(folder.read_metrics())
    writer: Any = SummaryWriter(str(folder / "tensorboard"), purge_step=done + 1)

    def log(event: Event) -> None:
        assert isinstance(event, EpochEnded)
        for name, value in event.values.items():
            writer.add_scalar(name.replace("_", "/", 1), value, event.epoch)
        writer.flush()

    return log


def _mlflow(options: TrainOptions, folder: RunFolder) -> Listener:
    mlflow: Any = import_module("mlflow")
    if "MLFLOW_TRACKING_URI" not in os.environ:
        mlflow.set_tracking_uri(f"sqlite:///{(options.out / 'mlflow.db').resolve()}")
    mlflow.set_experiment(f"striate-{options.task}")
    client = mlflow.MlflowClient()
    experiment = mlflow.get_experiment_by_name(f"striate-{options.task}")
    run = client.create_run(experiment.experiment_id, run_name=folder.path.name)
    for key, value in folder.read_toml("config.toml").items():
        if not isinstance(value, dict):
            client.log_param(run.info.run_id, key, value)

    def log(event: Event) -> None:
        assert isinstance(event, EpochEnded)
        for name, value in event.values.items():
            client.log_metric(run.info.run_id, name, value, step=event.epoch)
        if event.epoch == event.epochs:
            client.set_terminated(run.info.run_id)

    return log
