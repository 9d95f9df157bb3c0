"""`evaluate`: what a run is worth on its own test part, or on other pictures with known labels."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

from striate.data.dataset import Dataset
from striate.data.datasets.picture_files import set_limits
from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError, WorkFailed
from striate.events import Listener, Note, Warned, silent
from striate.explaining.heat_of_mistakes import heat_of_mistakes
from striate.files.output_place import PAGE, output_file
from striate.files.possible_paths import possible_paths
from striate.inference.engine_named import OWN, Serving, open_served
from striate.inference.judging.evaluation import Evaluation, drawn_mistakes
from striate.inference.judging.evaluation_table import evaluation_file, write_evaluation_tables
from striate.inference.judging.judge import (
    judge,
    judge_own_part,
    limits_of,
    measured_part,
    seen_in_training,
)
from striate.inference.judging.summary import measures, own_summary, summary
from striate.inference.predictor import Predictor
from striate.inference.views import Views
from striate.metrics.moved import Moved, moved
from striate.reports.evaluation import Measured, WrongAnswer, write_evaluation_page
from striate.reports.moved import moved_sentence
from striate.runs.answers import saved_answer
from striate.runs.evaluations import keep_evaluation
from striate.runs.record import RunRecord
from striate.runs.records import KeptEvaluation


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
    out: str | PathLike[str] | None = None,
    csv: str | PathLike[str] | None = None,
    overwrite: bool = False,
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
        out: also write a page there: the worst answers, confusion, what changed against the run's own part.
        csv: also write a table there, a line a picture, and beside it one with a line a class.
        overwrite: replace files that Striate did not write, too.
        on_event: is told what happens.

    Raises:
        StriateError: the data is not there any more, or shares no class with the run.
    """
    record = RunRecord.open(run)
    read = [record.folder.path, *([] if data is None else [data])]
    table = evaluation_file(csv, read, overwrite=overwrite) if csv is not None else None
    page = output_file(out, PAGE, "evaluation.html", "--out", data=read, overwrite=overwrite) if out else None
    serving = Serving(engine=engine, views=Views.of(flips, scales))
    predictor = open_served(record.folder.path, None, serving, on_event)
    limits = limits_of(record, max_bytes, max_pixels)
    changes: list[Moved] = []
    if data is None:
        _require_finished(record)
        evaluation, dataset = judge_own_part(record, predictor, limits, on_event)
    else:
        opened = open_dataset(
            Path(data), on_event, classes=1, truths=predictor.task.truths, follow_links=follow_links
        )
        evaluation, dataset = _judge_other(record, predictor, set_limits(opened, limits), on_event)
        kept = summary(evaluation)
        changes = _changes(record, predictor, kept, on_event)
        _keep(record, kept, on_event)
    if table is not None:
        for path in write_evaluation_tables(table, evaluation, predictor):
            on_event(Note(f"table: {path}"))
    if page is not None:
        _write_page(page, record, predictor, evaluation, dataset, changes)
        on_event(Note(f"page: {page}"))
    return evaluation


def _calibrated(record: RunRecord) -> bool:
    return (record.folder / "calibration.json").is_file()


def _write_page(
    path: Path,
    record: RunRecord,
    predictor: Predictor,
    evaluation: Evaluation,
    dataset: Dataset,
    changes: list[Moved],
) -> None:
    place = {item.name: row for row, item in enumerate(dataset.items)}
    drawn = drawn_mistakes(predictor, evaluation, lambda name: dataset.read(place[name])[0], heat_of_mistakes)
    rows = evaluation.records
    sorts = "sort" in predictor.task.can
    measured = Measured(
        data=evaluation.data,
        split=evaluation.split,
        figures=evaluation.to_json(),
        worst=[WrongAnswer(rows[one.row], one.png, one.heat) for one in drawn],
        wrong=evaluation.mistakes,
        answers=[saved_answer({k: str(v) for k, v in row.items()}) for row in rows] if sorts else [],
        moved=changes,
        own=_own_part(record) if changes else "",
        seen_in_training=evaluation.seen_in_training,
    )
    write_evaluation_page(path, record.folder, measured)


def _require_finished(record: RunRecord) -> None:
    where = record.folder.path
    if not _calibrated(record):
        raise StriateError(
            f"{where} is not finished, and its test part is for the end: `striate train --resume {where}`."
        )


def _judge_other(
    record: RunRecord, predictor: Predictor, dataset: Dataset, on_event: Listener
) -> tuple[Evaluation, Dataset]:
    if not _calibrated(record):
        on_event(
            Warned(f"{record.folder.path} is not finished: these are the weights of its best epoch so far")
        )
    split, rows = measured_part(dataset)
    evaluation = judge(predictor, dataset, rows, split, on_event)[0]
    seen = seen_in_training(record, dataset, evaluation, on_event)
    return replace(evaluation, seen_in_training=seen), dataset


def _changes(
    record: RunRecord, predictor: Predictor, kept: dict[str, Any], on_event: Listener
) -> list[Moved]:
    """What moved against the run's own part; tells what did by more than chance. Empty without one."""
    own = own_summary(record, predictor.task, kept["unsure_below"])
    if own is None:
        return []
    new = KeptEvaluation.model_validate({"date": "now", **kept})
    changes = moved(measures(own), measures(new))
    for one in changes:
        if one.beyond_chance:
            on_event(Warned(moved_sentence(one, f"on the run's own {_own_part(record)}")))
    return changes


def _own_part(record: RunRecord) -> str:
    """`26 test pictures`: what the run was measured on at its end."""
    found = record.evaluation
    return f"{found.pictures or 0:,} {found.split or 'test'} pictures"


def _keep(record: RunRecord, kept: dict[str, Any], on_event: Listener) -> None:
    """Add the evaluation to the run; a run that cannot be written is evaluated all the same."""
    try:
        path = keep_evaluation(record.folder, kept, datetime.now(UTC))
    except WorkFailed as error:
        on_event(Warned(f"this evaluation is not kept in the run: {error}"))
    else:
        on_event(Note(f"kept: {path}; `striate compare {record.folder.path} --evaluations` shows them all"))
