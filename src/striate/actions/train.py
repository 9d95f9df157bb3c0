"""`train`: a folder of pictures becomes a run, or a run that was interrupted goes on.

This is where tasks and training meet: the recipe's stages become the loop's stages around the task's step.
"""

from contextlib import ExitStack
from functools import partial
from os import PathLike
from pathlib import Path
from time import monotonic
from typing import Any, Unpack

import torch

from striate.events import Listener, Note, RunStarted, silent
from striate.explaining.heat_of_mistakes import heat_of_mistakes
from striate.files.output_place import refuse_inside
from striate.files.possible_paths import possible_paths
from striate.runs.folder import RunFolder
from striate.runs.lock import only_writer
from striate.runs.record import RunRecord
from striate.trainer.environment import refuse_other_environment
from striate.trainer.finish import finish
from striate.trainer.given_options import GivenOptions
from striate.trainer.loggers import logged, require_logger
from striate.trainer.measured_once import NOTHING
from striate.trainer.new_run import new_run
from striate.trainer.options import TrainOptions, options_of
from striate.trainer.options_by_name import with_options_by_name
from striate.trainer.preparing import Prepared, prepare
from striate.trainer.reckoning.measuring import training_batches
from striate.trainer.resume import continued, recorded_decisions, recorded_options, refuse_changes
from striate.trainer.run import Run
from striate.trainer.saved_state import checkpoint_of
from striate.training.devices.fabric import is_first_process
from striate.training.loop import fit as fit_stages
from striate.training.multi_scale import MultiScale
from striate.training.position import Position
from striate.training.recorder import Recorder
from striate.training.stopping import stopping_between_steps
from striate.training.validation import validator


@possible_paths
@with_options_by_name
def train(
    data: str | PathLike[str] | None = None,
    *,
    resume: str | PathLike[str] | None = None,
    config: str | PathLike[str] | None = None,
    on_event: Listener = silent,
    **options: Unpack[GivenOptions],
) -> Run:
    """Train a network on a folder of pictures and measure it on pictures that it never saw.

    Args:
        data: class folders, split or not, or IDX files.
        resume: a run that was interrupted; it goes on to the end that it would have had. With `epochs`,
            `minutes` or `lr` a finished run goes on as a new one.
        config: a TOML file with any of these options; what is given here wins.
        on_event: is told what happens; see `striate.events`.
        options: those of `TrainOptions`, by name; None means not given.

    Raises:
        StriateError: an option or the data is wrong.
        WorkFailed: the training could not be finished; what was reached is in the run.
        KeyboardInterrupt: Ctrl-C; everything up to the last step is saved.
    """
    given = {key: value for key, value in {"data": data, **options}.items() if value is not None}
    if resume is None:
        return _train(options_of(given, config), None, on_event)
    folder = RunFolder.open(Path(resume))
    RunRecord(folder).require_begun()
    refuse_changes(folder, given | ({"config": config} if config is not None else {}))
    if not folder.finished:
        return _train(recorded_options(folder), folder, on_event)
    if given:
        return _train(continued(folder, given), None, on_event)
    on_event(Note(f"{folder.path} is finished; nothing to train. Add --epochs N for a new run from its end"))
    if not (folder / "report.html").is_file():
        Run(folder.path).report()
    return Run(folder.path)


def _train(options: TrainOptions, folder: RunFolder | None, on_event: Listener) -> Run:
    """Train from the beginning, or go on with the run in `folder`."""
    began = monotonic()
    require_logger(options.log)
    if folder is None:
        read = [options.data, *([options.test] if options.test is not None else [])]
        refuse_inside(options.out, read, "the run's pictures", "--out")
    first = is_first_process(options.devices)
    if not first:
        on_event = silent
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=[]))
        measured, saved = NOTHING, None
        if folder is not None:
            if first:
                stack.enter_context(only_writer(folder))
                folder.clean()
            measured = recorded_decisions(folder)
        prepared = prepare(options, measured, on_event, began)
        if folder is not None:
            saved = _saved(folder, prepared, on_event)
        else:
            folder = _shared_new_run(options, prepared, on_event)
            if first:
                stack.enter_context(only_writer(folder))
        on_event(RunStarted(folder.path))
        listener: Listener = silent
        if first:
            listener = stack.enter_context(logged(options.log, options.out, folder, on_event))
        _fit(folder, prepared, saved, options.checkpoint_seconds, listener)
        if first:
            finish(folder, prepared.data, began, listener, heat_of_mistakes)
        prepared.setup.fabric.barrier()
    return Run(folder.path)


def _shared_new_run(options: TrainOptions, prepared: Prepared, on_event: Listener) -> RunFolder:
    """The first process makes the folder; the others are told its path."""
    fabric, path = prepared.setup.fabric, Path()
    if fabric.is_global_zero:
        chosen = {**options.model_dump(mode="json"), "command": options.command()}
        path = new_run(prepared, chosen, options.out, options.name, on_event).path
    return RunFolder(fabric.broadcast(path))


def _saved(folder: RunFolder, prepared: Prepared, on_event: Listener) -> dict[str, Any] | None:
    data = prepared.data
    refuse_other_environment(
        RunRecord(folder),
        prepared.resolved,
        data.identity(),
        data.external.identity() if data.external else None,
    )
    path = folder / "checkpoint.safetensors"
    if not path.is_file():
        on_event(Note("this run has no checkpoint yet; it starts from its beginning"))
        return None
    return checkpoint_of(path, prepared.setup)


def _fit(
    folder: RunFolder,
    prepared: Prepared,
    saved: dict[str, Any] | None,
    checkpoint_seconds: float,
    on_event: Listener,
) -> None:
    setup, data, position = prepared.setup, prepared.data, Position()
    seed = data.options.seed
    if saved is not None:
        position = saved["position"]
        setup.network.load_state_dict(saved["network"])
        on_event(Note(f"continuing after epoch {position.epochs_done}, step {position.step}"))
    if setup.fabric.is_global_zero:
        folder.cut_metrics(position.epochs_done)
    recorder = Recorder(
        folder,
        setup.network,
        position,
        architecture=setup.architecture,
        epochs=sum(stage.epochs for stage in setup.stages),
        score=setup.task.score,
        checkpoint_seconds=checkpoint_seconds,
        on_event=on_event,
    )
    recorder.in_percent = setup.task.in_percent
    batches: Any = training_batches(setup, data)
    if setup.recipe.scales:
        batches = MultiScale(batches, setup.recipe.scales, seed)
    validate = validator(partial(setup.task.metric, setup.context), data.validation_batches())
    with stopping_between_steps(recorder):
        fit_stages(setup.fabric, setup.stages, batches, validate, recorder, saved, seed=seed)
