"""Listeners that also write what happens for TensorBoard or MLflow, in files of this machine.

Nothing of either is imported unless it is asked for.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import time_ns
from typing import Any

from striate.errors import StriateError
from striate.events import EpochEnded, Event, Listener
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord


def require_logger(name: str | None) -> None:
    """Say that a logger is missing before anything is read.

    Raises:
        StriateError: it is not installed.
    """
    if name is not None and find_spec(name) is None:
        raise StriateError(f'--log {name} needs a package: pip install "striate[{name}]".')


@contextmanager
def logged(name: str | None, out: Path, folder: RunFolder, on_event: Listener) -> Iterator[Listener]:
    """A listener that passes everything on to `on_event`, and the epochs to what `--log` names.

    At the context's end the log is told how the training ended.

    Args:
        name: tensorboard or mlflow; None logs nowhere else.
        out: where runs are kept, and MLflow's data base of them.
        folder: the run.
        on_event: is told everything.
    """
    match name:
        case None:
            yield on_event
        case "tensorboard":
            yield _both(on_event, _tensorboard(folder))
        case _:
            with _mlflow(out, folder) as log:
                yield _both(on_event, log)


def _both(on_event: Listener, log: Listener) -> Listener:
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


@contextmanager
def _mlflow(out: Path, folder: RunFolder) -> Iterator[Listener]:
    """MLflow's run of this folder, a new one or, for a resumed training, the one that it has."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read at import; it would ask a server
    mlflow: Any = import_module("mlflow")
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    if "MLFLOW_TRACKING_URI" not in os.environ:
        mlflow.set_tracking_uri(f"sqlite:///{(out / 'mlflow.db').resolve()}")
    client = mlflow.MlflowClient()
    run = _run_of(client, folder)
    # A resumed run repeats the epochs after its checkpoint with the same figures.
    known = {metric.step for metric in client.get_metric_history(run, "train_loss")}

    def log(event: Event) -> None:
        assert isinstance(event, EpochEnded)
        if event.epoch not in known:
            _log_metrics(mlflow, client, run, dict(event.values), event.epoch)

    status = "FAILED"
    try:
        yield log
        result = RunRecord(folder).table("result.json")
        figures = {
            f"{result['split']}_{name}": value
            for name, value in result["metrics"].items()
            if isinstance(value, int | float)
        }
        _log_metrics(mlflow, client, run, figures, result["epochs"])
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        client.set_terminated(run, status)


def _run_of(client: Any, folder: RunFolder) -> str:
    config = RunRecord(folder).table("config.toml")
    name, path = f"striate-{config['task']}", str(folder.path.resolve())
    experiment = client.get_experiment_by_name(name)
    number = experiment.experiment_id if experiment is not None else client.create_experiment(name)
    key = sha256(path.encode(errors="surrogateescape")).hexdigest()  # a path may hold any quote
    for run in client.search_runs([number], f"tags.`striate.key` = '{key}'", max_results=1):
        client.update_run(run.info.run_id, status="RUNNING")
        return str(run.info.run_id)
    made = client.create_run(
        number, run_name=folder.path.name, tags={"striate.run": path, "striate.key": key}
    )
    for key, value in {**config, **config.get("resolved", {})}.items():
        if isinstance(value, str | int | float):
            client.log_param(made.info.run_id, key, value)
    return str(made.info.run_id)


def _log_metrics(mlflow: Any, client: Any, run: str, values: dict[str, float], step: int) -> None:
    """All of them in one transaction; one by one they take 40 ms each."""
    metric, now = mlflow.entities.Metric, time_ns() // 1_000_000
    client.log_batch(run, metrics=[metric(name, value, now, step) for name, value in values.items()])
