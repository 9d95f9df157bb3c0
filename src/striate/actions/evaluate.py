"""`evaluate`: what a run is worth on its own test part, or on other pictures with known labels."""

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

from striate.data.datasets.picture_files import set_limits
from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError
from striate.events import Listener, Warned, silent
from striate.files.possible_paths import possible_paths
from striate.inference.engine_named import OWN, Serving, open_served
from striate.inference.judging.evaluation import Evaluation
from striate.inference.judging.judge import (
    judge,
    judge_own_part,
    limits_of,
    measured_part,
    seen_in_training,
)
from striate.inference.views import Views
from striate.runs.record import RunRecord


@possible_paths
def evaluate(
    run: str | PathLike[str],
    data: str | PathLike[str] | None = None,
    *,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    engine: str = OWN,
    flips: bool = False,
    scales: Sequence[float] = (),
    follow_links: bool = False,
    on_event: Listener = silent,
) -> Evaluation:
    """Measure a run.

    Args:
        run: a Run or the path of one.
        data: None is the run's own test part (validation where it has none). Otherwise a data set: its test
            part if it has one, else every picture; classes match by name.
        max_pixels: larger pictures are unreadable; None is the limit that the run was trained with.
        max_bytes: as `max_pixels`, for files.
        engine: as in `load`; auto is what the run's end chose.
        flips: every picture is seen as it is and mirrored; the mean of both scores counts.
        scales: the middle of every picture is seen enlarged so many times as well, above 1 and up to 4.
        follow_links: of `data`, links to folders and to files outside are followed; of the run's own part as
            in its training.
        on_event: is told what happens.

    Raises:
        StriateError: the data is not there any more, or shares no class with the run.
    """
    record = RunRecord.open(run)
    folder = record.folder
    serving = Serving(engine=engine, views=Views.of(flips, scales))
    predictor = open_served(folder.path, None, serving, on_event)
    limits = limits_of(record, max_bytes, max_pixels)
    if data is None:
        if not (folder / "calibration.json").is_file():
            raise StriateError(
                f"{folder.path} is not finished, and its test part is for the end: "
                f"`striate train --resume {folder.path}`."
            )
        return judge_own_part(record, predictor, limits, on_event)
    if not (folder / "calibration.json").is_file():
        on_event(Warned(f"{folder.path} is not finished: these are the weights of its best epoch so far"))
    opened = open_dataset(
        Path(data), on_event, classes=1, truths=predictor.task.truths, follow_links=follow_links
    )
    dataset = set_limits(opened, limits)
    split, rows = measured_part(dataset)
    evaluation = judge(predictor, dataset, rows, split, on_event)[0]
    return replace(evaluation, seen_in_training=seen_in_training(record, dataset, evaluation, on_event))
