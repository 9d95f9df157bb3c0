"""`convert`: any data set as class folders, the layout that every tool reads."""

from os import PathLike
from pathlib import Path

from striate.data.datasets.recognise import open_dataset
from striate.data.wording import counted, one_line
from striate.data.writers.class_folders import Written, write_class_folders
from striate.data.writers.safe_names import renamed_folders
from striate.events import Listener, Note, Warned, silent
from striate.files.possible_paths import possible_paths

NAMED = 10  # skipped items that are named


@possible_paths
def convert(
    data: str | PathLike[str],
    out: str | PathLike[str],
    *,
    follow_links: bool = False,
    on_event: Listener = silent,
) -> Written:
    """Write `<class>/*`, or `train/<class>/*` and so on, into a new folder; the data set stays as it is.

    Files keep their bytes; pictures that have no file of their own (IDX, CIFAR) become PNG.

    Args:
        data: a data set of any layout that `train` reads.
        out: a folder that does not exist yet, or is empty.
        follow_links: links to folders, and to files outside, are followed.
        on_event: is told what happens.

    Raises:
        StriateError: there is no data set, or `out` is taken.
        WorkFailed: it could not be written; nothing is left behind.
    """
    dataset = open_dataset(Path(data), on_event, follow_links=follow_links)
    pictures, classes = len(dataset.items), len(dataset.classes)
    on_event(Note(f"{data}: {dataset.layout}, {counted(pictures, 'picture')}, {classes} classes"))
    for note in dataset.notes:
        on_event(Note(note))
    written = write_class_folders(dataset, Path(out), on_event)
    for told in renamed_folders(dict(written.renamed)):
        on_event(Note(told))
    for problem in written.skipped[:NAMED]:
        on_event(Warned(f"left out: {one_line(problem.file)}: {problem.reason}"))
    if len(written.skipped) > NAMED:
        on_event(Warned(f"left out: {len(written.skipped) - NAMED} more, see `striate check {data}`"))
    return written
