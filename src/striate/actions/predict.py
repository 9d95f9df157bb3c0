"""`predict`: the answers for picture files, one a file; a bad file is an answer too."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path

from striate.data.decoding.decode import Limits
from striate.errors import StriateError
from striate.events import Listener, silent
from striate.files.possible_paths import possible_paths
from striate.inference.engine_named import OWN, Serving
from striate.inference.ensemble import Ensemble, open_ensemble
from striate.inference.pictures.streaming import Predictions, predictions_of
from striate.inference.views import Views
from striate.runs.folder import RunFolder

TOP = 5  # classes that an answer names


@possible_paths
def predict(
    run: str | PathLike[str],
    images: Sequence[str | PathLike[str]] | str | PathLike[str],
    *,
    weights: str | PathLike[str] | None = None,
    with_runs: Sequence[str | PathLike[str]] = (),
    top: int = TOP,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    unsure: float | None = None,
    precision: float | None = None,
    engine: str = OWN,
    flips: bool = False,
    scales: Sequence[float] = (),
    follow_links: bool = False,
    on_event: Listener = silent,
) -> Predictions:
    """Predictions in the order of the files, each as soon as its batch is done.

    Args:
        run: a Run, the path of one, or a catalogue name with `weights`.
        images: files, folders (for the pictures in them), patterns such as `photos/**/*.jpg`, or `-` for one
            picture from standard input.
        weights: a file, with a catalogue name.
        with_runs: other runs that know the same classes; of classifiers the mean of all probabilities
            is the answer.
        top: how many classes an answer names.
        unsure: answers below this probability are marked as unsure.
        precision: answers below the probability from which on this share of the answers of their class was
            right on validation are marked as unsure. Not together with `unsure` or `with_runs`.
        engine: as in `load`; auto is what the run's end chose.
        flips: every picture is seen as it is and mirrored; the mean of both scores counts.
        scales: the middle of every picture is seen enlarged so many times as well, above 1 and up to 4.
        follow_links: in folders, links to folders and to files outside are followed.
        max_pixels: larger pictures are unreadable; None is the usual limit.
        max_bytes: larger files are unreadable; None is the usual limit.
        on_event: is told of what was left out.

    Raises:
        StriateError: there is no such run, the only folder or pattern stands for no picture, or
            the options do not go together.
    """
    serving = Serving(engine=engine, views=Views.of(flips, scales))
    ensemble = open_ensemble([run, *with_runs], weights, serving, on_event)
    if top != TOP or unsure is not None or precision is not None:
        ensemble.task.require("sort")
    given = [images] if isinstance(images, (str, PathLike)) else list(images)
    return predictions_of(
        ensemble,
        given,
        top,
        thresholds=_thresholds(ensemble, run, with_runs, unsure, precision),
        limits=Limits.of(max_bytes, max_pixels),
        follow_links=follow_links,
        on_event=on_event,
    )


def _thresholds(
    ensemble: Ensemble,
    run: str | PathLike[str],
    with_runs: Sequence[str | PathLike[str]],
    unsure: float | None,
    precision: float | None,
) -> Mapping[str, float] | None:
    """For each class the probability below which an answer is unsure; None if nobody asked."""
    for name, value in (("unsure", unsure), ("precision", precision)):
        if value is not None and not 0 < value < 1:
            raise StriateError(f"{name} is a share between 0 and 1, such as 0.9; got {value:g}.")
    if unsure is not None and precision is not None:
        raise StriateError("unsure sets one threshold, precision one a class; give one of the two.")
    if unsure is not None:
        return dict.fromkeys(ensemble.labels, unsure)
    if precision is None:
        return None
    if with_runs or not Path(run).is_dir():
        raise StriateError("precision needs the validation answers of one run; use unsure here.")
    return ensemble.task.thresholds(RunFolder.open(Path(run)), ensemble.context, precision)
