"""Every network by name: its builder, its figures and where they were published.

The rows are literals, a file a family in `tables/`, which `--help`, completion, the doors and the docs read
without torch. The tests count parameters and multiply-adds again.
"""

from striate.errors import UnknownName
from striate.models.entry import Entry
from striate.models.patterns.pattern import is_pattern
from striate.models.patterns.pattern_shapes import pattern_entry
from striate.models.tables.book import BOOK
from striate.models.tables.cifar import CIFAR
from striate.models.tables.inception import INCEPTION
from striate.models.tables.lenet_to_vgg import LENET_TO_VGG
from striate.models.tables.mobile import MOBILE
from striate.models.tables.modern import MODERN
from striate.models.tables.residual import RESIDUAL

_TABLES = (LENET_TO_VGG, INCEPTION, RESIDUAL, CIFAR, MODERN, MOBILE, BOOK)
_ROWS = [row for table in _TABLES for row in table.items()]

MODELS: dict[str, Entry] = dict(sorted(_ROWS, key=lambda row: row[1].year))


def list_models(task: str | None = None) -> list[str]:
    """Names of all networks, or of one task's, in the table's order (by year).

    Raises:
        UnknownName: no network has this task.
    """
    if task is None:
        return list(MODELS)
    names = [name for name, entry in MODELS.items() if entry.task == task]
    if not names:
        tasks = sorted({entry.task for entry in MODELS.values()})
        raise UnknownName("task", task, tasks, f"Networks exist for: {', '.join(tasks)}.")
    return names


def short_name(name: str) -> str:
    """A name for folders and titles: the network's own, or `pattern`, whose text is too long for them."""
    return "pattern" if is_pattern(name) else name


def find_entry(name: str) -> Entry:
    """The row of a network, or what a pattern such as "INPUT 28x28x1 -> CONV3-8 -> RELU -> FC10" comes to.

    Raises:
        UnknownName: no network has this name; the nearest ones are offered.
        StriateError: the pattern is wrong; says where.
    """
    if is_pattern(name):
        return pattern_entry(name)
    if name not in MODELS:
        raise UnknownName("model", name, MODELS, "`striate models` lists them all.")
    return MODELS[name]
