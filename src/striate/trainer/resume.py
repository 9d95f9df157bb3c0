"""An interrupted run goes on; a finished one goes on as a new run that names its parent."""

from pathlib import Path
from typing import Any

from striate.data.datasets.recognise import found_again
from striate.errors import StriateError
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord
from striate.trainer.measured_once import MeasuredOnce
from striate.trainer.options import TrainOptions, recorded_train_options, train_options

# What may be given for a finished run; everything else stays as it was.
FOR_MORE = ("epochs", "minutes", "lr", "name", "out", "checkpoint_seconds", "log")


def recorded_options(folder: RunFolder) -> TrainOptions:
    """The options of a run, with paths that still lead somewhere."""
    recorded = RunRecord(folder).table("config.toml")
    given = {k: v for k, v in recorded.items() if k in TrainOptions.model_fields}
    try:
        options = recorded_train_options(given)
    except StriateError as error:
        raise StriateError(
            f"{folder / 'config.toml'} is damaged ({error}) Restore it, or train a new run."
        ) from error
    # From another folder the paths as they were given lead nowhere; the absolute ones still do.
    absolute = recorded.get("resolved", {})
    if "parent" in absolute:
        absolute = {**absolute, "weights": absolute["parent"]}
    moved: dict[str, Any] = {
        key: type(path)(absolute[key])
        for key in ("split", "weights")
        if (path := getattr(options, key)) not in (None, "imagenet")
        and key in absolute
        and not Path(path).exists()
    }
    for key in ("data", "test"):
        path = getattr(options, key)
        if path is not None and (place := found_again(str(path), absolute.get(key))) is not None:
            moved[key] = place
    return options.model_copy(update=moved)


def recorded_decisions(folder: RunFolder) -> MeasuredOnce:
    """What was measured at a run's start."""
    found = RunRecord(folder).config.resolved.decided
    return MeasuredOnce(lr=found.lr, epochs=found.epochs, transfer=found.transfer, steps=found.steps)


def refuse_changes(folder: RunFolder, given: dict[str, Any]) -> None:
    """A run that goes on has the options that it began with.

    Raises:
        StriateError: names what was given besides.
    """
    changed = [key for key in given if not (folder.finished and key in FOR_MORE)]
    if not changed:
        return
    named = ", ".join("DATA" if key == "data" else f"--{key.replace('_', '-')}" for key in changed)
    more = "; a finished run takes --epochs, --minutes or --lr, and becomes a new run"
    raise StriateError(
        f"--resume takes the run's own options{more if folder.finished else ''}; leave out {named}."
    )


def continued(folder: RunFolder, given: dict[str, Any]) -> TrainOptions:
    """The options of a new run that starts from the best weights of a finished one.

    Args:
        folder: the finished run.
        given: options of `FOR_MORE`.
    """
    recorded, place = RunRecord(folder).config.resolved, folder.path.absolute()
    options = recorded_options(folder).model_dump()
    options |= {
        "weights": str(folder.path),
        "model": recorded.model or options["model"],
        "recipe": recorded.recipe or options["recipe"],
        "out": place.parent.parent if place.parent.name == options["task"] else place.parent,
        "name": place.name,
    }
    if given.keys() & {"epochs", "minutes"}:
        options |= {"epochs": None, "minutes": None}
    return train_options({**options, **given})
