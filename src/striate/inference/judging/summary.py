"""An evaluation in a few numbers: what the run keeps of it, and what is compared from month to month."""

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from striate.errors import StriateError
from striate.inference.judging.evaluation import Evaluation
from striate.inference.pictures.traits import InputTraits
from striate.metrics.moved import Mean, Share, Unit
from striate.runs.answers import judged_lines
from striate.runs.record import RunRecord
from striate.runs.records import KeptEvaluation, Spread, checked
from striate.tasks.catalog import find_task
from striate.tasks.task import Task

RIGHT, CONFIDENCE, UNSURE = "right answers", "mean confidence", "unsure answers"
UNITS: Mapping[str, Unit] = {"brightness": "share", "size": "pixels", "sharpness": "number"}


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """What `records.KeptEvaluation` holds, without the date."""
    named = map(find_task(evaluation.task).labelled, evaluation.answers)
    confidences = [one.probability for one in named if one is not None]
    columns = zip(InputTraits._fields, zip(*evaluation.inputs, strict=True), strict=False)
    return {
        "data": evaluation.data,
        "split": evaluation.split,
        "pictures": len(evaluation.names),
        "seen_in_training": evaluation.seen_in_training,
        "right": sum(evaluation.right) if evaluation.right else None,
        **_of_confidence(confidences, evaluation.unsure_below),
        "inputs": {name: _spread(values) for name, values in columns},
        "metrics": evaluation.metrics,
        "per_class": evaluation.per_class,
        "mistakes": [str(one["file"]) for one in evaluation.mistakes],
    }


def own_summary(record: RunRecord, task: Task[Any], unsure_below: float | None) -> KeptEvaluation | None:
    """The same of the run's own part, from what its end wrote; None where it measured nothing, or is damaged.

    How those pictures looked was not kept. Answers less probable than `unsure_below` count as unsure.
    """

    def line(row: Mapping[str, str]) -> tuple[bool | None, float | None]:
        right = task.recorded(row).right if "compare" in task.can else None
        return right, float(row["probability"]) if "sort" in task.can else None

    try:
        lines = judged_lines(record.folder, "predictions.csv", line)
        found = record.table("evaluation.json")
        began = record.environment.started
        right = [one for one, _ in lines if one is not None]
        confidences = [one for _, one in lines if one is not None]
        value = {
            "date": (began or "at the end of training")[:40],
            "data": str(found.get("data", "")),
            "split": str(found.get("split", "")),
            "pictures": len(lines),
            "right": sum(right) if right else None,
            **_of_confidence(confidences, unsure_below),
            "metrics": found.get("metrics", {}),
            "per_class": found.get("per_class", {}),
        }
        return checked(KeptEvaluation, value, record.folder / "predictions.csv")
    except StriateError:
        return None


def measures(one: KeptEvaluation) -> dict[str, Share | Mean]:
    """What can be compared between two evaluations, by name."""
    found: dict[str, Share | Mean] = {}
    if one.right is not None:
        found[RIGHT] = Share(one.right, one.pictures)
    if one.confidence is not None:
        found[CONFIDENCE] = _mean(one.confidence, "share")
    if one.unsure is not None:
        found[UNSURE] = Share(one.unsure, one.pictures)
    return found | {name: _mean(spread, UNITS.get(name, "number")) for name, spread in one.inputs.items()}


def _of_confidence(values: Sequence[float], below: float | None) -> dict[str, Any]:
    if not values:
        return {"confidence": None, "unsure_below": None, "unsure": None}
    unsure = None if below is None else sum(value < below for value in values)
    return {"confidence": _spread(values), "unsure_below": below, "unsure": unsure}


def _spread(values: Sequence[float]) -> dict[str, Any]:
    sd = stdev(values) if len(values) > 1 else 0.0
    return {"mean": fmean(values), "sd": sd, "pictures": len(values)}


def _mean(spread: Spread, unit: Unit) -> Mean:
    return Mean(spread.mean, spread.sd, spread.pictures, unit)
