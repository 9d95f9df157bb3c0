"""What `dataset.json` says of a training: which pictures there are, in which part, and what was left out."""

from collections.abc import Sequence
from typing import Any

from striate.data.dataset import PARTS, Dataset, Item
from striate.tasks.task import Task
from striate.trainer.pictures.prepared_data import ExternalTest, PreparedData


def dataset_record(data: PreparedData, task: Task[Any]) -> dict[str, Any]:
    """What `dataset.json` holds; digests stand in the order of the split's names."""
    dataset, parts = data.dataset, {part: getattr(data.split, part) for part in PARTS}
    classes = task.classes(dataset)
    counts = {part: task.counts(_items(dataset, rows), classes) for part, rows in parts.items()}
    external = data.external
    if external is not None:
        found = task.counts(_items(external.dataset, external.rows), external.dataset.classes)
        counts["test"] = {name: found.get(name, 0) for name in counts["train"]}
    return {
        "data": str(data.options.data),
        "layout": dataset.layout,
        "fingerprint": data.scan.fingerprint,
        "classes": list(classes),
        "counts": counts,
        "split": {part: [dataset.items[row].name for row in rows] for part, rows in parts.items()},
        "digests": {part: [data.scan.rows[row].digest for row in rows] for part, rows in parts.items()},
        "test_data": None if external is None else _external_record(external),
        "skipped": [{"file": p.file, "reason": p.reason} for p in data.skipped],
        "damaged": [{"file": p.file, "reason": p.reason} for p in data.damaged],
        "ignored": dataset.ignored,
        "notes": list(data.notes),
    }


def _items(dataset: Dataset, rows: Sequence[int]) -> list[Item]:
    return [dataset.items[row] for row in rows]


def _external_record(external: ExternalTest) -> dict[str, Any]:
    return {
        "data": str(external.given),
        "fingerprint": external.scan.fingerprint,
        "names": [external.dataset.items[row].name for row in external.rows],
        "digests": [external.scan.rows[row].digest for row in external.rows],
    }
