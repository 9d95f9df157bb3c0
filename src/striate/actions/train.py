"""`train`: a folder of pictures becomes a run, or a run that was interrupted goes on.

This is where tasks and training meet: the recipe's stages become the loop's stages around the task's step.
"""

from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from striate.actions.environment import refuse_other_environment
from striate.actions.finish import finish
from striate.actions.material import Material, dataset_record, read_material
from striate.actions.options import TrainOptions, train_options
from striate.actions.plan import Plan, make_plan
from striate.actions.run import Run
from striate.actions.trainee import Trainee, make_trainee, resolved
from striate.data.datasets.picture_files import set_limits
from striate.data.datasets.recognise import open_dataset
from striate.data.decoding import Limits
from striate.errors import StriateError
from striate.events import Listener, Note, RunStarted, silent
from striate.machine import describe
from striate.runs.checkpoint import read_tree
from striate.runs.files import write_text
from striate.runs.folder import RunFolder
from striate.training.fabric import make_fabric
from striate.training.loop import fit
from striate.training.position import Position
from striate.training.recorder import Recorder
from striate.training.validation import validator


def train(
    data: str | PathLike[str] | None = None,
    *,
    resume: str | PathLike[str] | None = None,
    config: str | PathLike[str] | None = None,
    task: str | None = None,
    model: str | None = None,
    recipe: str | None = None,
    weights: str | PathLike[str] | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    image_size: int | None = None,
    lr: float | None = None,
    optimizer: str | None = None,
    label_smoothing: float | None = None,
    patience: int | None = None,
    augment: str | None = None,
    fit: str | None = None,
    split: str | PathLike[str] | None = None,
    test: str | PathLike[str] | None = None,
    strict: bool | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    device: str | None = None,
    precision: str | None = None,
    workers: int | None = None,
    seed: int | None = None,
    checkpoint_seconds: float | None = None,
    out: str | PathLike[str] | None = None,
    name: str | None = None,
    on_event: Listener = silent,
) -> Run:
    """Train a network on a folder of pictures and measure it on pictures that it never saw.

    Args:
        data: class folders, split or not, or IDX files.
        resume: a run that was interrupted; it goes on to the end that it would have had.
        config: a TOML file with any of these options; what is given here wins.
        on_event: is told what happens; see `striate.events`.

    The other arguments are the options of `TrainOptions`; None means not given.

    Raises:
        StriateError: an option or the data is wrong.
        WorkFailed: the training could not be finished; what was reached is in the run.
    """
    given = {key: value for key, value in locals().items() if key not in ("resume", "config", "on_event")}
    if resume is not None:
        given["config"] = config
        changed = [
            "DATA" if key == "data" else f"--{key.replace('_', '-')}"
            for key, value in given.items()
            if value is not None
        ]
        if changed:
            raise StriateError(f"--resume takes the run's own options; leave out {', '.join(changed)}.")
        return _resume(RunFolder.open(Path(resume)), on_event)
    options = train_options(_as_text(given), Path(config) if config is not None else None)
    return _train(options, None, on_event)


def _as_text(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "weights": None if given["weights"] is None else str(given["weights"])}


def _resume(folder: RunFolder, on_event: Listener) -> Run:
    if folder.finished:
        on_event(Note(f"{folder.path} is finished; nothing to train."))
        if not (folder / "report.html").is_file():
            Run(folder.path).report()
        return Run(folder.path)
    recorded = folder.read_toml("config.toml")
    options = TrainOptions(**{k: v for k, v in recorded.items() if k in TrainOptions.model_fields})
    # From another folder the paths as they were given lead nowhere; the absolute ones still do.
    absolute = recorded.get("resolved", {})
    moved = {
        key: type(path)(absolute[key])
        for key in ("data", "split", "test", "weights")
        if (path := getattr(options, key)) not in (None, "imagenet")
        and key in absolute
        and not Path(path).exists()
    }
    folder.clean()
    return _train(options.model_copy(update=moved), folder, on_event)


def _train(options: TrainOptions, folder: RunFolder | None, on_event: Listener) -> Run:
    began = monotonic()
    make_fabric(options.device, "32-true")  # a device that is not there is said before anything is read
    dataset = set_limits(open_dataset(options.data), Limits(options.max_bytes, options.max_pixels))
    on_event(
        Note(
            f"{options.data}: {dataset.layout}, {len(dataset.items):,} pictures, "
            f"{len(dataset.classes)} classes"
        )
    )
    for note in dataset.notes:
        on_event(Note(note))
    plan = make_plan(options, dataset, on_event)
    material = read_material(dataset, plan, options, on_event)
    with torch.random.fork_rng(devices=[]):
        trainee = make_trainee(options, plan, material, on_event)
        if folder is None:
            folder = _new_run(options, plan, material, trainee)
            saved = None
        else:
            refuse_other_environment(
                folder,
                resolved(options, plan, material, trainee),
                material.scan.fingerprint,
                material.elsewhere.scan.fingerprint if material.elsewhere else None,
            )
            saved = _checkpoint(folder, on_event)
        on_event(RunStarted(folder.path))
        _fit(options, folder, material, trainee, saved, on_event)
    finish(folder, material, options, began, on_event)
    return Run(folder.path)


def _new_run(options: TrainOptions, plan: Plan, material: Material, trainee: Trainee) -> RunFolder:
    name = options.name or f"{options.data.resolve().name or 'data'}-{plan.model}"
    folder = RunFolder.create(options.out, options.task, name)
    chosen = options.model_dump(mode="json")
    command = _command(options)
    derived = resolved(options, plan, material, trainee)
    folder.write_toml("config.toml", {**chosen, "command": command, "resolved": derived})
    folder.write_json("dataset.json", dataset_record(options, material))
    started = datetime.now(UTC).isoformat(timespec="seconds")
    folder.write_json("environment.json", {**describe(), "started": started})
    folder.write_json("labels.json", list(material.dataset.classes))
    write_text(folder / "preprocess.json", material.preprocessing.to_json())
    return folder


def _command(options: TrainOptions) -> str:
    """The command line that does the same again."""
    from shlex import quote

    words = ["striate", "train", quote(str(options.data))]
    for key, field in TrainOptions.model_fields.items():
        value = getattr(options, key)
        if key == "data" or value == field.default:
            continue
        words.append(f"--{key.replace('_', '-')}")
        if value is not True:
            words.append(quote(str(value)))
    return " ".join(words)


def _checkpoint(folder: RunFolder, on_event: Listener) -> dict[str, Any] | None:
    path = folder / "checkpoint.safetensors"
    if not path.is_file():
        on_event(Note("this run has no checkpoint yet; it starts from its beginning"))
        return None
    saved: dict[str, Any] = read_tree(path)
    return saved


def _fit(
    options: TrainOptions,
    folder: RunFolder,
    material: Material,
    trainee: Trainee,
    saved: dict[str, Any] | None,
    on_event: Listener,
) -> None:
    position = Position()
    if saved is not None:
        position = Position(**saved["position"])
        trainee.network.load_state_dict(saved["network"])
        on_event(Note(f"continuing after epoch {position.epochs_done}, step {position.step}"))
    folder.cut_metrics(position.epochs_done)
    recorder = Recorder(
        folder,
        trainee.network,
        position,
        architecture=trainee.architecture,
        epochs=sum(stage.epochs for stage in trainee.stages),
        score=trainee.task.score,
        checkpoint_seconds=options.checkpoint_seconds,
        on_event=on_event,
    )
    fit(
        trainee.fabric,
        trainee.stages,
        material.training_batches(options, trainee.recipe, trainee.augmentation),
        validator(trainee.task.metric, material.validation_batches()),
        recorder,
        saved,
    )
