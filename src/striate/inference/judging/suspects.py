"""Which labels of a data set a run doubts: its network is sure that the picture shows another class."""

from pathlib import Path

from striate.data.audit.audit import Looked, Suspect
from striate.data.dataset import PARTS, BadPicture, Dataset, class_of
from striate.data.datasets.picture_files import read_for
from striate.data.wording import composed, counted
from striate.events import Listener, Note, Progress
from striate.inference.judging.judge import require_shared_classes
from striate.inference.open_run import open_run
from striate.inference.predictor import Fitted, Predictor
from striate.runs.record import RunRecord

SURE = 0.8  # least calibrated probability of the other class
_CHUNK = 256  # pictures in memory at a time


def suspects(run: Path, dataset: Dataset, looked: Looked, on_event: Listener) -> list[Suspect]:
    """Every readable picture is predicted; those with another class at `SURE` or more, the surest first.

    Raises:
        StriateError: there is no such run, it holds no network, or it shares no class with the data set.
    """
    record = RunRecord.open(run)
    predictor = open_run(run)
    predictor.task.require("doubt")
    require_shared_classes(predictor.labels, dataset)
    known = set(map(composed, predictor.labels))
    rows = [row for row in looked.scan.usable if class_of(dataset, row) in known]
    if len(rows) < len(looked.scan.usable):
        left_out = len(looked.scan.usable) - len(rows)
        on_event(
            Note(f"the run does not know the class of {counted(left_out, 'picture')} and says nothing there")
        )
    parts = _parts(record)
    found: list[Suspect] = []
    for start in range(0, len(rows), _CHUNK):
        chunk = _fitted(predictor, dataset, rows[start : start + _CHUNK])
        for row, answer in zip(chunk, predictor.answers_of(list(chunk.values()), top=1), strict=True):
            label = class_of(dataset, row)
            if label is not None and composed(answer.label) != label and answer.probability >= SURE:
                part = parts.get(looked.scan.rows[row].digest or "")
                name = dataset.items[row].name
                found.append(Suspect(name, label, answer.label, round(answer.probability, 4), part))
        on_event(Progress("predicting", min(start + _CHUNK, len(rows)), len(rows)))
    return sorted(found, key=lambda suspect: -suspect.probability)


def _fitted(predictor: Predictor, dataset: Dataset, rows: list[int]) -> dict[int, Fitted]:
    """The pictures as `predict` reads them."""
    pictures = {}
    for row in rows:
        try:
            found = read_for(dataset, row, predictor.preprocessing.size_hw)
        except BadPicture:  # it was readable a moment ago
            continue
        pictures[row] = predictor.fitted(found.picture, found.size_hw)
    return pictures


def _parts(record: RunRecord) -> dict[str, str]:
    """In which part of the run each content was, by its digest."""
    digests = record.dataset.digests
    return {digest: part for part in reversed(PARTS) for digest in digests.get(part, []) if digest}
