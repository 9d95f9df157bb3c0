"""The end of a training: calibrate on validation, measure once on the test part, write result and report."""

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic
from typing import Any

import torch
from torch import Tensor

from striate.data.dataset import Dataset
from striate.data.sample import Truth
from striate.data.whole_truths import whole_truth
from striate.engines.choosing import Choice
from striate.engines.engine import joined
from striate.events import Listener, Note, Warned
from striate.inference.engine_choice import COMPARED, choose_engine, spread
from striate.inference.judging.evaluation import (
    Evaluation,
    HeatOf,
    evaluation_of,
    recorded_rows,
    write_evaluation,
)
from striate.inference.judging.judge import NO_TEST, judge
from striate.inference.open_run import ENGINE, open_run
from striate.inference.predictor import Predictor
from striate.preprocess.placement import Placement
from striate.reports.run import write_report
from striate.runs.answers import write_rows
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord
from striate.shapes import Picture
from striate.tasks.answers import Outputs
from striate.trainer.pictures.prepared_data import PreparedData

TOGETHER = 256  # stored pictures that are copied at a time; engines take smaller batches of these


def finish(
    folder: RunFolder,
    data: PreparedData,
    began: float,
    on_event: Listener,
    heat_of: HeatOf,
) -> None:
    """Complete the run from its best weights; safe to call again after an interruption.

    `heat_of` draws where the network looked in its mistakes.
    """
    predictor = _calibrated(folder, data, on_event)
    if data.external is not None:
        external = data.external
        dataset = external.dataset
        evaluation, skipped = judge(predictor, dataset, external.rows, "test", on_event)
    else:
        dataset, skipped = data.dataset, []
        evaluation = _own_part(predictor, data, on_event)
    write_evaluation(folder, predictor, evaluation, _reader(dataset), heat_of)
    epochs = RunRecord(folder).epochs
    folder.write_json(
        "result.json",
        {
            "run": str(folder.path),
            "task": predictor.task.name,
            "model": predictor.name,
            "epochs": len(epochs),
            "seconds": round(sum(line.get("seconds") or 0 for line in epochs), 1),
            "total_seconds": round(monotonic() - began, 1),
            "split": evaluation.split,
            "metrics": evaluation.metrics,
            "pictures": {
                "train": len(data.split.train),
                "validation": len(data.split.validation),
                "test": len(evaluation.names) if evaluation.split == "test" else 0,
                "skipped": len(data.skipped) + len(skipped),
            },
        },
    )
    on_event(Note(f"report: {write_report(folder)}"))


def _calibrated(folder: RunFolder, data: PreparedData, on_event: Listener) -> Predictor:
    """The run's predictor, its engine chosen and calibrated with that engine."""
    rows = torch.as_tensor(data.split.validation, dtype=torch.int64)
    predictor = open_run(folder.path).served_by(Choice())
    predictor = replace(predictor, calibration={})
    predictor, record = choose_engine(predictor, data.store.pictures[spread(rows, COMPARED)], on_event)
    folder.write_json(ENGINE, record)
    truths, calibration = _truths(predictor, data, rows), dict[str, Any]()
    if predictor.task.calibrates:
        outputs = joined(list(_outputs(predictor, data, rows)))
        calibration = predictor.task.calibrate(outputs, truths, predictor.context)
        if (warning := calibration.pop("warning", None)) is not None:
            on_event(Warned(str(warning)))
        predictor = replace(predictor, calibration=calibration)
        answers = predictor.answers(outputs, _placements(predictor, data, rows))
    else:
        answers = _answers(predictor, data, rows)
    write_rows(folder, "validation.csv", recorded_rows(predictor, data.names(rows), answers, truths))
    folder.write_json("calibration.json", calibration)
    return predictor


def _own_part(predictor: Predictor, data: PreparedData, on_event: Listener) -> Evaluation:
    part = "test" if data.split.test else "validation"
    if part == "validation" and data.split.validation:
        on_event(Warned(NO_TEST))
    rows = torch.as_tensor(getattr(data.split, part), dtype=torch.int64)
    answers = _answers(predictor, data, rows)
    names, truths = data.names(rows), _truths(predictor, data, rows)
    return evaluation_of(predictor, str(data.dataset.path), part, names, answers, truths)


def _outputs(predictor: Predictor, data: PreparedData, rows: Tensor) -> Iterator[Outputs]:
    """Of stored pictures, some at a time: a part of a large data set is not copied as a whole."""
    for some in torch.split(rows, TOGETHER):
        yield predictor.outputs(data.store.pictures[some])


def _answers(predictor: Predictor, data: PreparedData, rows: Tensor) -> list[Any]:
    """Of stored pictures; outputs as large as pictures are gone before the next ones come."""
    placements, found = _placements(predictor, data, rows), list[Any]()
    for outputs in _outputs(predictor, data, rows):
        found += predictor.answers(outputs, placements[len(found) : len(found) + len(outputs[0])])
    return found


def _truths(predictor: Predictor, data: PreparedData, rows: Tensor) -> list[Truth]:
    return [whole_truth(data.dataset, row, predictor.task.truths) for row in rows.tolist()]


def _placements(predictor: Predictor, data: PreparedData, rows: Tensor) -> list[Placement]:
    return [predictor.preprocessing.place(data.scan.rows[row].size_hw) for row in rows.tolist()]


def _reader(dataset: Dataset) -> Any:
    rows = {item.name: row for row, item in enumerate(dataset.items)}

    def picture_of(name: str) -> Picture:
        return dataset.read(rows[name])[0]

    return picture_of
