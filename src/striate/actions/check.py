"""`check`: look at a data set before anything is trained on it."""

from os import PathLike
from pathlib import Path

from striate.data.audit import Audit, audit
from striate.data.datasets.picture_files import set_limits
from striate.data.datasets.recognise import open_dataset
from striate.data.decoding import Limits
from striate.events import Listener, Note, silent


def check(
    data: str | PathLike[str],
    *,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    on_event: Listener = silent,
) -> Audit:
    """Unreadable and damaged files, wrong endings, duplicates, label conflicts, leaks between parts, counts.

    Args:
        data: a data set of any layout that `train` reads.
        max_pixels: larger pictures are unreadable; None is the usual limit.
        max_bytes: larger files are unreadable; None is the usual limit.
        on_event: is told what happens.

    Raises:
        StriateError: there is no data set.
    """
    dataset = set_limits(open_dataset(Path(data), on_event), Limits.of(max_bytes, max_pixels))
    on_event(
        Note(f"{data}: {dataset.layout}, {len(dataset.items):,} pictures, {len(dataset.classes)} classes")
    )
    return audit(dataset, on_event)
