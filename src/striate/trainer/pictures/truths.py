"""The data set of a task: opened as what it learns from, or refused with what is there and what suits it."""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

from striate.data.dataset import Dataset
from striate.data.datasets.recognise import open_dataset
from striate.data.whole_truths import TRUTH_WORDS, has_truth
from striate.data.wording import counted, listed
from striate.errors import StriateError
from striate.events import Listener, silent
from striate.tasks.catalog import TASKS, find_task
from striate.tasks.task import Task


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
    dataset = _opened(task, path, on_event, least, follow_links=follow_links)
    problems = task.check(dataset)
    if problems:
        first, it = problems[0], "it" if len(problems) == 1 else "them"
        raise StriateError(
            f"{path}: {first.file}: {first.reason}; {task.name} cannot learn from that. "
            f"There {counted(len(problems), 'is one such', 'are such')}: mend or remove {it}."
        )
    return dataset


def open_to_check(
    name: str | None, path: Path, on_event: Listener = silent, *, follow_links: bool = False
) -> tuple[Task[Any], Dataset]:
    """A data set with whatever is wrong with its truths, and the task that it is for.

    Args:
        name: of the task; None is the first of the table that the data set suits. A table of boxes or points
            is read as such, though it has a label for every line.
        path: as for `open_for`.
        on_event: as for `open_for`.
        follow_links: as for `open_for`.

    Raises:
        StriateError: nothing there teaches the task, or any.
    """
    if name is None:
        name = _suited(path, on_event, follow_links=follow_links)
    task = find_task(name)
    return task, _opened(task, path, on_event, task.fewest_classes, follow_links=follow_links)


def with_classes_of(task: Task[Any], dataset: Dataset) -> Dataset:
    """A copy whose items are labelled with the class that the task counts a whole picture as."""
    if all(task.picture_class(item) == item.truth.label for item in dataset.items):
        return dataset
    seen = copy(dataset)
    seen.items = tuple(
        replace(item, truth=replace(item.truth, label=task.picture_class(item))) for item in dataset.items
    )
    seen.classes = dataset.classes if task.fewest_classes else ()
    return seen


def _opened(task: Task[Any], path: Path, on_event: Listener, classes: int, *, follow_links: bool) -> Dataset:
    try:
        dataset = open_dataset(path, on_event, classes=classes, truths=task.truths, follow_links=follow_links)
    except StriateError:
        _offer_others(task, path, follow_links=follow_links)
        raise
    if dataset.items and not taught(dataset, task):
        _offer_others(task, path, follow_links=follow_links)
        raise StriateError(f"{_has(dataset)}, and {task.name} learns from {_words(task.truths)}.")
    return dataset


def _suited(path: Path, on_event: Listener, *, follow_links: bool) -> str:
    """The name of the first task that the data set at `path` suits; of the table's first where none is."""
    names = _recognised()
    if path.is_file():  # a line of a table of boxes has a label, and is no whole picture
        names.sort(key=lambda name: "label" in find_task(name).truths)
    for name in names:
        task = find_task(name)
        try:
            found = open_dataset(
                path, on_event, classes=task.fewest_classes, truths=task.truths, follow_links=follow_links
            )
        except StriateError:
            continue
        if taught(found, task):
            return name
    return next(iter(TASKS))


def taught(dataset: Dataset, task: Task[Any]) -> set[int]:
    """The rows whose truths the task can learn from, or be measured on."""
    return {row for row in range(len(dataset.items)) if has_truth(dataset, row, task.truths)}


def _offer_others(task: Task[Any], path: Path, *, follow_links: bool) -> None:
    """Say which task suits what is at `path`, if one does.

    Raises:
        StriateError: one does.
    """
    if not path.exists():
        return
    for name in _recognised():
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


def _recognised() -> list[str]:
    """The tasks that data may be taken to be for, in the order of the table."""
    return [name for name in TASKS if find_task(name).recognised]


def _has(dataset: Dataset) -> str:
    rows = range(len(dataset.items))
    said = [name for name in TRUTH_WORDS if any(has_truth(dataset, row, (name,)) for row in rows)]
    return f"{dataset.path} ({dataset.layout}) has {_words(said) or 'nothing to learn from'}"


def _words(names: Sequence[str]) -> str:
    return listed([TRUTH_WORDS.get(name, name) for name in names])
