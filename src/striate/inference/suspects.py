"""Which labels of a data set a run doubts: its network is sure that the picture shows another class."""

from collections.abc import Callable
from pathlib import Path

import torch

from striate.data.audit.audit import Looked, Suspect
from striate.data.dataset import PARTS, BadPicture, Dataset, class_of
from striate.data.wording import composed
from striate.events import Listener, Note, Progress
from striate.inference.judging import require_shared_classes
from striate.inference.loading import load
from striate.runs.record import RunRecord
from striate.shapes import Picture

SURE = 0.8  # least calibrated probability of the other class
_CHUNK = 256  # pictures in memory at a time


def suspects(run: Path, dataset: Dataset, looked: Looked, on_event: Listener) -> list[Suspect]:
    """Every readable picture is predicted; those with another class at `SURE` or more, the surest first.

    Raises:
        StriateError: there is no such run, it holds no network, or it shares no class with the data set.
    """
    record = RunRecord.open(run)
    network = load(run)
    require_shared_classes(network.labels, dataset)
    known = set(map(composed, network.labels))
    rows = [row for row in looked.scan.usable if class_of(dataset, row) in known]
    if len(rows) < len(looked.scan.usable):
        left_out = len(looked.scan.usable) - len(rows)
        on_event(
            Note(f"{left_out:,} pictures have a class that the run does not know; it says nothing of them")
        )
    parts = _parts(record)
    found: list[Suspect] = []
    for start in range(0, len(rows), _CHUNK):
        chunk = _fitted(dataset, rows[start : start + _CHUNK], network.preprocessing.fit_picture)
        if chunk:
            answers = network.answers(network.scores(torch.stack(list(chunk.values()))), top=1)
            for row, answer in zip(chunk, answers, strict=True):
                label = class_of(dataset, row)
                if label is not None and composed(answer.label) != label and answer.probability >= SURE:
                    part = parts.get(looked.scan.rows[row].digest or "")
                    name = dataset.items[row].name
                    found.append(Suspect(name, label, answer.label, round(answer.probability, 4), part))
        on_event(Progress("predicting", min(start + _CHUNK, len(rows)), len(rows)))
    return sorted(found, key=lambda suspect: -suspect.probability)


def _fitted(dataset: Dataset, rows: list[int], fit: Callable[[Picture], Picture]) -> dict[int, Picture]:
    pictures = {}
    for row in rows:
        try:
            pictures[row] = fit(dataset.read(row)[0])
        except BadPicture:  # it was readable a moment ago
            continue
    return pictures


def _parts(record: RunRecord) -> dict[str, str]:
    """In which part of the run each content was, by its digest."""
    digests = record.dataset.digests
    return {digest: part for part in reversed(PARTS) for digest in digests.get(part, []) if digest}
