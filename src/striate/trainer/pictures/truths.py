"""The data set of a task: opened as what it learns from, or refused with what is there and what suits it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from striate.data.dataset import Dataset
from striate.data.datasets.recognise import open_dataset
from striate.data.wording import counted, listed
from striate.errors import StriateError
from striate.events import Listener, silent
from striate.tasks.catalog import TASKS, find_task
from striate.tasks.task import Task

WORDS = {
    "label": "classes of whole pictures",
    "boxes": "boxes",
    "box_labels": "classes of boxes",
    "masks": "masks",
    "points": "landmarks",
    "caption": "captions",
}


def open_for(
    task: Task[Any],
    path: Path,
    on_event: Listener = silent,
    *,
    classes: int | None = None,
    follow_links: bool = False,
) -> Dataset:
    """The data set at `path` with the truths that the task learns from. No picture is opened.

    Args:
        task: decides what a file or a folder is read as.
        path: of a data set, or the name of one.
        on_event: is told if a named data set must be fetched.
        classes: with pictures, at least; None is what the task needs to learn.
        follow_links: as for `open_dataset`.

    Raises:
        StriateError: nothing there teaches the task; says what the data set has, and which task suits it.
    """
    least = task.fewest_classes if classes is None else classes
    try:
        dataset = open_dataset(path, on_event, classes=least, truths=task.truths, follow_links=follow_links)
    except StriateError:
        _offer_others(task, path, follow_links=follow_links)
        raise
    if dataset.items and not taught(dataset, task):
        _offer_others(task, path, follow_links=follow_links)
        raise StriateError(f"{_has(dataset)}, and {task.name} learns from {_words(task.truths)}.")
    problems = task.check(dataset)
    if problems:
        first, it = problems[0], "it" if len(problems) == 1 else "them"
        raise StriateError(
            f"{path}: {first.file}: {first.reason}; {task.name} cannot learn from that. "
            f"There {counted(len(problems), 'is one such', 'are such')}: mend or remove {it}."
        )
    return dataset


def taught(dataset: Dataset, task: Task[Any]) -> set[int]:
    """The rows whose truths the task can learn from, or be measured on."""
    return {row for row, item in enumerate(dataset.items) if item.truth.has(task.truths)}


def _offer_others(task: Task[Any], path: Path, *, follow_links: bool) -> None:
    """Say which task suits what is at `path`, if one does.

    Raises:
        StriateError: one does.
    """
    if not path.exists():
        return
    for name in TASKS:
        other = find_task(name)
        try:
            found = open_dataset(
                path, classes=other.fewest_classes, truths=other.truths, follow_links=follow_links
            )
        except StriateError:
            continue
        if name != task.name and taught(found, other):
            raise StriateError(
                f"{_has(found)}, and {task.name} learns from {_words(task.truths)}; it suits --task {name}."
            ) from None


def _has(dataset: Dataset) -> str:
    said = [name for name in WORDS if any(item.truth.has((name,)) for item in dataset.items)]
    return f"{dataset.path} ({dataset.layout}) has {_words(said) or 'nothing to learn from'}"


def _words(names: Sequence[str]) -> str:
    return listed([WORDS.get(name, name) for name in names])
