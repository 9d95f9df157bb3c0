"""All tasks, by the name that `--task` takes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from striate.errors import UnknownName

if TYPE_CHECKING:
    from striate.tasks.task import Task

TASKS: dict[str, str] = {  # module:object; text, so that help and completion read the table without torch
    "classify": "striate.tasks.classify.task:CLASSIFY",
    "locate": "striate.tasks.locate.task:LOCATE",
    "landmarks": "striate.tasks.landmarks.task:LANDMARKS",
}


def find_task(name: str) -> "Task[Any]":
    """The task of that name.

    Raises:
        UnknownName: there is none; the nearest are offered.
    """
    if name not in TASKS:
        raise UnknownName("task", name, TASKS, f"There are: {', '.join(TASKS)}.")
    module, _, attribute = TASKS[name].partition(":")
    found: Task[Any] = getattr(import_module(module), attribute)
    return found
