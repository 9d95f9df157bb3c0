"""What a run is worth on its own test part, or on other pictures with known labels."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from striate.data.dataset import BadPicture, Dataset, Problem
from striate.data.datasets.picture_files import read_for, set_limits
from striate.data.datasets.recognise import found_again, open_dataset
from striate.data.decoding.decode import Limits, reading_for
from striate.data.fingerprint import digest
from striate.data.in_threads import in_threads
from striate.data.sample import Truth
from striate.data.whole_truths import has_truth, whole_truth
from striate.data.wording import composed, counted
from striate.errors import StriateError
from striate.events import Listener, Progress, Warned
from striate.inference.judging.evaluation import Evaluation, evaluation_of
from striate.inference.pictures.traits import InputTraits, input_traits
from striate.inference.predictor import Fitted, Predictor
from striate.runs.record import RunRecord
from striate.tasks.task import Task

NO_TEST = "there is no test part: the figures are of the validation part, which selection has seen"
CHUNK = 256  # pictures in memory at a time


def measured_part(dataset: Dataset) -> tuple[str, list[int]]:
    """What is measured of another data set: its test part if it has one, else all of it ("all")."""
    rows = [row for row, item in enumerate(dataset.items) if item.part == "test"]
    return ("test", rows) if rows else ("all", list(range(len(dataset.items))))


def require_shared_classes(classes: Sequence[str], dataset: Dataset) -> None:
    """Refuse a data set none of whose classes is among `classes`."""
    if set(map(composed, classes)).isdisjoint(dataset.classes):
        raise StriateError(
            f"{dataset.path} shares no class with the run: it has {_some(dataset.classes)}, the run knows "
            f"{_some(classes)}. Classes match by name."
        )


class TruthsByName:
    """The truths of a data set, its classes matched by name and numbered as a run's labels are."""

    def __init__(self, dataset: Dataset, task: Task[Any], labels: Sequence[str]) -> None:
        place = {composed(label): index for index, label in enumerate(labels)}
        self.dataset, self.task = dataset, task
        self._places = [place.get(name) for name in dataset.classes] if labels else None

    def at(self, row: int) -> Truth | None:
        """That of a picture, without what is read later.

        None where what the task measures is not known of it, or is of a class that is not among the labels.
        """
        if not has_truth(self.dataset, row, self.task.truths):
            return None
        return self.numbered(self.dataset.items[row].truth)

    def numbered(self, truth: Truth) -> Truth | None:
        """A truth of the data set; None as in `at`."""
        return truth if self._places is None else self.task.renumbered(truth, self._places)


def judge(
    predictor: Predictor, dataset: Dataset, rows: list[int], split: str, on_event: Listener
) -> tuple[Evaluation, list[Problem]]:
    """Figures on some rows of a data set whose classes match by name; and the pictures that were skipped.

    Pictures are read in threads, some ahead of the network; the order, and so the figures, stay.
    """
    known = TruthsByName(dataset, predictor.task, predictor.labels)
    chosen = _measurable(predictor, known, rows, on_event)
    names: list[str] = []
    answers: list[Any] = []
    measured: list[Truth] = []
    skipped: list[Problem] = []
    traits: list[InputTraits] = []
    waiting: list[Fitted] = []

    def answer() -> None:
        answers.extend(predictor.answers_of(waiting))
        waiting.clear()

    def read(row: int, _: threading.Event) -> tuple[Fitted, Truth, InputTraits] | BadPicture:
        try:
            found = read_for(dataset, row, predictor.preprocessing.size_hw)
            whole = whole_truth(dataset, row, predictor.task.truths, found.size_hw)
        except BadPicture as error:
            return error
        truth = known.numbered(whole)
        if truth is None:
            return BadPicture("nothing that can be measured is known of it")
        fitted = predictor.fitted(found.picture, found.size_hw)
        return fitted, truth, input_traits(found.picture, fitted.picture, found.size_hw)

    for done, (row, found) in enumerate(zip(chosen, in_threads(read, chosen), strict=True), start=1):
        name = dataset.items[row].name
        if isinstance(found, BadPicture):
            skipped.append(Problem(name, str(found)))
            on_event(Warned(f"skipped {name}: {found}"))
        else:
            fitted, truth, seen = found
            traits.append(seen)
            waiting.append(fitted)
            names.append(name)
            measured.append(truth)
        if done % CHUNK == 0 or done == len(chosen):
            answer()
            on_event(Progress("evaluating", done, len(chosen)))
    if not names:
        raise StriateError(
            f"{dataset.path} has no picture that can be measured on; `striate check` says why."
        )
    evaluation = evaluation_of(predictor, str(dataset.path), split, names, answers, measured)
    return replace(evaluation, inputs=tuple(traits)), skipped


def _measurable(predictor: Predictor, known: TruthsByName, rows: list[int], on_event: Listener) -> list[int]:
    """The rows that can be measured; the others are counted in a warning."""
    dataset = known.dataset
    if predictor.labels:
        require_shared_classes(predictor.labels, dataset)
    found = [row for row in rows if known.at(row) is not None]
    if len(found) < len(rows):
        left_out = f"{counted(len(rows) - len(found), 'picture')} left out"
        if predictor.labels:
            unknown = sorted(set(dataset.classes) - set(map(composed, predictor.labels))) or ["no label"]
            on_event(Warned(f"{left_out}: the run does not know their classes {_some(unknown)}"))
        else:
            on_event(Warned(f"{left_out}: they have no {' and '.join(predictor.task.truths)}"))
    return found


def open_own_data(record: RunRecord, path: Path, task: Task[Any], on_event: Listener) -> Dataset:
    """The data of a run at `path`, opened as its training did."""
    return open_dataset(
        path, on_event, classes=1, truths=task.truths, follow_links=record.config.follow_links
    )


def limits_of(record: RunRecord, max_bytes: int | None, max_pixels: int | None) -> Limits:
    """What was asked for, else what the run was trained with, else the usual."""
    trained = record.config
    limits = Limits.of(max_bytes or trained.max_bytes, max_pixels or trained.max_pixels)
    return reading_for(limits, record.input.white)


def judge_own_part(
    record: RunRecord, predictor: Predictor, limits: Limits, on_event: Listener
) -> tuple[Evaluation, Dataset]:
    """The pictures that were measured at the end of training, read again from where they lie; and these."""
    recorded, where = record.dataset, record.folder.path
    part = recorded.measured_part
    wanted = _by_name(recorded.of_part(part))
    path = found_again(*record.places_of(part))
    if path is None:
        raise StriateError(
            f"the data of {where} is not at {recorded.place_of(part)} any more; say where it is: "
            f"`striate evaluate {where} DATA`."
        )
    dataset = set_limits(open_own_data(record, path, predictor.task, on_event), limits)
    rows = [row for row, item in enumerate(dataset.items) if composed(item.name) in wanted]
    if len(rows) < len(wanted):
        gone = f"{len(wanted) - len(rows):,} of the {len(wanted):,} {part} pictures"
        on_event(Warned(f"{gone} are gone from {path}"))
    digests = _digests(dataset, rows)
    changed = sum(found != wanted[composed(dataset.items[row].name)] for row, found in digests.items())
    if changed:
        on_event(
            Warned(f"{changed:,} of the {len(wanted):,} {part} pictures have changed since the training")
        )
    if part == "validation":
        on_event(Warned(NO_TEST))
    return judge(predictor, dataset, rows, part, on_event)[0], dataset


def _by_name(digests: dict[str, str | None]) -> dict[str, str | None]:
    """Digests by name in one Unicode form: another disk may give names in the other."""
    return {composed(name): digest for name, digest in digests.items()}


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def seen_in_training(record: RunRecord, dataset: Dataset, evaluation: Evaluation, on_event: Listener) -> int:
    """How many of the measured pictures trained or selected the network; warns of them."""
    digests, measured = record.dataset.digests, set(evaluation.names)
    seen = {*digests.get("train", []), *digests.get("validation", [])}
    rows = [row for row, item in enumerate(dataset.items) if item.name in measured]
    shared = sum(found in seen for found in _digests(dataset, rows).values())
    if shared:
        which = f"{shared:,} of these {len(rows):,} pictures"
        on_event(Warned(f"{which} trained or selected this network; it knows them already"))
    return shared


def _digests(dataset: Dataset, rows: list[int]) -> dict[int, str]:
    """Digests of the rows that can be read."""
    found = {}
    for row in rows:
        try:
            found[row] = digest(dataset.content(row))
        except BadPicture:
            continue
    return found
