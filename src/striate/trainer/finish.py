"""The end of a training: calibrate on validation, measure once on the test part, write result and report."""

from dataclasses import replace
from time import monotonic
from typing import Any

import torch
from torch import Tensor

from striate.data.dataset import Dataset
from striate.events import Listener, Note, Warned
from striate.inference.evaluation import Evaluation, HeatOf, evaluation_of, saved_answers, write_evaluation
from striate.inference.judging import NO_TEST, judge
from striate.inference.loading import ENGINE, Network, load
from striate.inference.serving import COMPARED, choose_engine, spread
from striate.metrics.calibration_error import expected_calibration_error
from striate.reports.run import write_report
from striate.runs.answers import write_answers
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord
from striate.shapes import Logits, Picture
from striate.tasks.classify.calibration import at_bound, fit_temperature, temperature_interval
from striate.tasks.classify.thresholds import WANTED, overall_threshold
from striate.trainer.material import Material
from striate.trainer.options import TrainOptions

AT_BOUND = (
    "no temperature makes the probabilities fit {pictures:,} validation pictures: it stands at its bound,"
    " {temperature:g}; trust the answers' order, not their percentages"
)
TOGETHER = 256  # stored pictures that are copied at a time; engines take smaller batches of these


def finish(
    folder: RunFolder,
    material: Material,
    options: TrainOptions,
    began: float,
    on_event: Listener,
    heat_of: HeatOf,
) -> None:
    """Complete the run from its best weights; safe to call again after an interruption.

    `heat_of` draws where the network looked in its mistakes.
    """
    network = _calibrated(folder, material, on_event)
    if material.elsewhere is not None:
        elsewhere = material.elsewhere
        dataset = elsewhere.dataset
        evaluation, skipped = judge(network, dataset, elsewhere.rows, "test", on_event)
    else:
        dataset, skipped = material.dataset, []
        evaluation = _own_part(network, material, on_event)
    write_evaluation(folder, network, evaluation, _reader(dataset), heat_of)
    epochs = RunRecord(folder).epochs
    folder.write_json(
        "result.json",
        {
            "run": str(folder.path),
            "task": options.task,
            "model": network.name,
            "epochs": len(epochs),
            "seconds": round(sum(line.get("seconds") or 0 for line in epochs), 1),
            "total_seconds": round(monotonic() - began, 1),
            "split": evaluation.split,
            "metrics": evaluation.metrics,
            "pictures": {
                "train": len(material.split.train),
                "validation": len(material.split.validation),
                "test": len(evaluation.names) if evaluation.split == "test" else 0,
                "skipped": len(material.skipped) + len(skipped),
            },
        },
    )
    on_event(Note(f"report: {write_report(folder)}"))


def _calibrated(folder: RunFolder, material: Material, on_event: Listener) -> Network:
    """The run's network, the engine that serves it chosen and its temperature fitted with that engine."""
    rows = torch.as_tensor(material.split.validation, dtype=torch.int64)
    labels = material.store.labels[rows]
    network = replace(load(folder.path, engine="torch"), temperature=1.0)
    network, record = choose_engine(network, material.store.pictures[spread(rows, COMPARED)], on_event)
    folder.write_json(ENGINE, record)
    scores = _scores(network, material, rows)
    temperature = fit_temperature(scores, labels)
    if at_bound(temperature):
        on_event(Warned(AT_BOUND.format(temperature=temperature, pictures=len(rows))))
    calibrated = torch.softmax(scores.double() / temperature, 1)
    network = replace(network, temperature=temperature)
    answers = saved_answers(network, material.names(rows), scores, labels)
    write_answers(folder, "validation.csv", answers)
    folder.write_json(
        "calibration.json",
        {
            "temperature": temperature,
            "temperature_at_bound": at_bound(temperature),
            "temperature_interval": list(temperature_interval(scores, labels, temperature)),
            "pictures": len(rows),
            "part": "validation",
            "ece_uncalibrated": expected_calibration_error(torch.softmax(scores.double(), 1), labels),
            "ece": expected_calibration_error(calibrated, labels),
            "unsure": [{"accuracy": a, "threshold": overall_threshold(answers, a)} for a in WANTED],
        },
    )
    return network


def _own_part(network: Network, material: Material, on_event: Listener) -> Evaluation:
    part = "test" if material.split.test else "validation"
    if part == "validation" and material.split.validation:
        on_event(Warned(NO_TEST))
    rows = torch.as_tensor(getattr(material.split, part), dtype=torch.int64)
    scores = _scores(network, material, rows)
    return evaluation_of(
        network, str(material.dataset.path), part, material.names(rows), scores, material.store.labels[rows]
    )


def _scores(network: Network, material: Material, rows: Tensor) -> Logits:
    """Of stored pictures, some at a time: a part of a large data set is not copied as a whole."""
    pictures = material.store.pictures
    return torch.cat([network.scores(pictures[some]) for some in torch.split(rows, TOGETHER)])


def _reader(dataset: Dataset) -> Any:
    rows = {item.name: row for row, item in enumerate(dataset.items)}

    def picture_of(name: str) -> Picture:
        return dataset.read(rows[name])[0]

    return picture_of
