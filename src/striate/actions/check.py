"""`check`: look at a data set before anything is trained on it."""

from os import PathLike
from pathlib import Path

from striate.data.audit.audit import Audit, Looked, audit_of, look
from striate.data.audit.clean_list import clean_list_text, clean_rows
from striate.data.dataset import Dataset
from striate.data.datasets.objects.object_data import problems_seen
from striate.data.datasets.picture_files import set_limits
from striate.data.decoding.decode import Limits, checked_white, reading_for
from striate.data.wording import counted
from striate.data.writers.lists import LIST, require_files
from striate.errors import StriateError
from striate.events import Listener, Note, Warned, silent
from striate.files.output_place import PAGE, followed, output_file
from striate.files.possible_paths import possible_paths
from striate.files.writing import write_bytes
from striate.inference.judging.suspects import suspects
from striate.inference.network_of_run import task_of
from striate.reports.check import write_check_page
from striate.runs.record import RunRecord
from striate.tasks.catalog import TASKS
from striate.trainer.pictures.truths import open_to_check, with_classes_of


@possible_paths
def check(
    data: str | PathLike[str],
    *,
    task: str | None = None,
    run: str | PathLike[str] | None = None,
    out: str | PathLike[str] | None = None,
    clean_list: str | PathLike[str] | None = None,
    strict: bool = False,
    follow_links: bool = False,
    overwrite: bool = False,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    white: int | None = None,
    on_event: Listener = silent,
) -> Audit:
    """Unreadable and damaged files, copies and look-alikes, label conflicts, leaks between parts, counts.

    Args:
        data: a data set of any layout that `train` reads.
        task: what the data set is for; None is the run's task, or what is recognised.
        run: a Run, or the path of one, that looks for wrong labels.
        out: an HTML page with the pictures side by side is written here.
        clean_list: a CSV that `train` reads is written here, without what was found.
        strict: the list leaves damaged pictures out.
        follow_links: links to folders, and to files outside, are followed.
        overwrite: replace files at these places that Striate did not write, too.
        max_pixels: larger pictures are unreadable; None is the usual limit.
        max_bytes: larger files are unreadable; None is the usual limit.
        white: the sample that is white in 16-bit grey; None is the run's, or 65535.
        on_event: is told what happens.

    Raises:
        StriateError: there is no data set or no such run or task, the task is not the run's or cannot do what
            was asked for, or a file cannot stand where it was asked for.
        WorkFailed: a file cannot be written.
    """
    page = csv = None
    if out is not None:
        page = output_file(out, PAGE, "check.html", "--out", data=[data], overwrite=overwrite)
    if clean_list is not None:
        csv = output_file(clean_list, LIST, "clean.csv", "--clean-list", data=[data], overwrite=overwrite)
    of = _task_name(task, run)  # a wrong path should not cost a pass over the pictures
    found, dataset = open_to_check(of, Path(data), on_event, follow_links=follow_links)
    if csv is not None:
        found.require("list")
    annotations, notes = found.check(dataset), found.notes(dataset)
    dataset = with_classes_of(found, dataset)
    limits = Limits.of(max_bytes, max_pixels)
    if white is None and run is not None:
        white = RunRecord.open(run).input.white
    dataset = set_limits(dataset, limits if white is None else reading_for(limits, checked_white(white)))
    classes = f", {counted(len(dataset.classes), 'class', 'classes')}" if dataset.classes else ""
    on_event(Note(f"{data}: {dataset.layout}, {counted(len(dataset.items), 'picture')}{classes}"))
    if of is None and found.name != next(iter(TASKS)):
        on_event(Note(f"checked for --task {found.name}: {found.about}"))
    if csv is not None:
        require_files(dataset)  # before a pass over the pictures
    looked = look(dataset, on_event)
    annotations += problems_seen(dataset, {row: looked.scan.rows[row].size_hw for row in looked.scan.usable})
    audit = audit_of(dataset, looked).with_annotations(annotations, notes)
    if run is not None:
        audit = audit.with_suspects(str(run), suspects(Path(run), dataset, looked, on_event))
    if csv is not None:
        _write_list(dataset, looked, csv, on_event, strict=strict)
    if page is not None:
        write_check_page(dataset, looked, audit, followed(page), doubtable="doubt" in found.can)
        on_event(Note(f"page: {page}"))
    return audit


def _task_name(task: str | None, run: str | PathLike[str] | None) -> str | None:
    """The task that was asked for, or the run's.

    Raises:
        StriateError: they are two, or the run's answers say nothing about labels.
    """
    if run is None:
        return task
    own = task_of(RunRecord.open(run))
    if task not in (None, own.name):
        raise StriateError(f"--task {task} is not that of {run}, which is {own.name}; leave out one of them.")
    own.require("doubt")
    return own.name


def _write_list(dataset: Dataset, looked: Looked, path: Path, on_event: Listener, *, strict: bool) -> None:
    clean = clean_rows(dataset, looked, strict=strict)
    text = clean_list_text(dataset, clean.parts, path.parent)
    write_bytes(followed(path), text.encode("utf-8", "surrogateescape"))  # names keep their bytes
    on_event(Note(f"clean list: {path}, {len(clean.parts):,} of {len(dataset.items):,} pictures"))
    if clean.left_out:
        reasons = ", ".join(f"{why}: {count:,}" for why, count in clean.left_out.items())
        on_event(Warned(f"left out of the list: {reasons}"))
