"""What `dataset.json` says of a training: which pictures there are, in which part, and what was left out."""

from collections.abc import Sequence
from typing import Any

from striate.data.dataset import PARTS, Dataset, Item
from striate.tasks.catalog import find_task
from striate.trainer.material import Elsewhere, Material
from striate.trainer.options import TrainOptions


def dataset_record(options: TrainOptions, material: Material) -> dict[str, Any]:
    """What `dataset.json` holds; digests stand in the order of the split's names."""
    dataset, parts = material.dataset, {part: getattr(material.split, part) for part in PARTS}
    task, classes = find_task(options.task), dataset.classes
    counts = {part: task.counts(_items(dataset, rows), classes) for part, rows in parts.items()}
    elsewhere = material.elsewhere
    if elsewhere is not None:
        found = task.counts(_items(elsewhere.dataset, elsewhere.rows), elsewhere.dataset.classes)
        counts["test"] = {name: found.get(name, 0) for name in classes}
    return {
        "data": str(options.data),
        "layout": dataset.layout,
        "fingerprint": material.scan.fingerprint,
        "classes": list(classes),
        "counts": counts,
        "split": {part: [dataset.items[row].name for row in rows] for part, rows in parts.items()},
        "digests": {part: [material.scan.rows[row].digest for row in rows] for part, rows in parts.items()},
        "test_data": None if elsewhere is None else _elsewhere_record(options, elsewhere),
        "skipped": [{"file": p.file, "reason": p.reason} for p in material.skipped],
        "damaged": [{"file": p.file, "reason": p.reason} for p in material.damaged],
        "ignored": dataset.ignored,
        "notes": list(material.notes),
    }


def _items(dataset: Dataset, rows: Sequence[int]) -> list[Item]:
    return [dataset.items[row] for row in rows]


def _elsewhere_record(options: TrainOptions, elsewhere: Elsewhere) -> dict[str, Any]:
    return {
        "data": str(options.test),
        "fingerprint": elsewhere.scan.fingerprint,
        "names": [elsewhere.dataset.items[row].name for row in elsewhere.rows],
        "digests": [elsewhere.scan.rows[row].digest for row in elsewhere.rows],
    }
