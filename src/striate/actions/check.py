"""`check`: look at a data set before anything is trained on it."""

from os import PathLike
from pathlib import Path

from striate.data.audit import Audit, audit
from striate.data.datasets.recognise import open_dataset
from striate.events import Listener, Note, silent


def check(data: str | PathLike[str], *, on_event: Listener = silent) -> Audit:
    """Unreadable and damaged files, wrong endings, duplicates, label conflicts, leaks between parts, counts.

    Args:
        data: a data set of any layout that `train` reads.
        on_event: is told what happens.

    Raises:
        StriateError: there is no data set.
    """
    dataset = open_dataset(Path(data), on_event)
    on_event(
        Note(f"{data}: {dataset.layout}, {len(dataset.items):,} pictures, {len(dataset.classes)} classes")
    )
    return audit(dataset, on_event)
