"""`check`: look at a data set before anything is trained on it."""

from os import PathLike
from pathlib import Path

from striate.data.audit.audit import Audit, Looked, audit_of, look
from striate.data.audit.clean_list import clean_list_text, clean_rows
from striate.data.dataset import Dataset
from striate.data.datasets.picture_files import set_limits
from striate.data.datasets.recognise import open_dataset
from striate.data.decoding.decode import Limits, checked_white, reading_for
from striate.data.wording import counted
from striate.data.writers.lists import LIST, require_files
from striate.events import Listener, Note, Warned, silent
from striate.files.output_place import PAGE, followed, output_file
from striate.files.possible_paths import possible_paths
from striate.files.writing import write_bytes
from striate.inference.judging.suspects import suspects
from striate.reports.check import write_check_page
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord


@possible_paths
def check(
    data: str | PathLike[str],
    *,
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
        StriateError: there is no data set or no such run, or a file cannot stand where it was asked for.
        WorkFailed: a file cannot be written.
    """
    page = csv = None
    if out is not None:
        page = output_file(out, PAGE, "check.html", "--out", data=[data], overwrite=overwrite)
    if clean_list is not None:
        csv = output_file(clean_list, LIST, "clean.csv", "--clean-list", data=[data], overwrite=overwrite)
    if run is not None:
        RunFolder.open(Path(run))  # a wrong path should not cost a pass over the pictures
    dataset = open_dataset(Path(data), on_event, follow_links=follow_links)
    limits = Limits.of(max_bytes, max_pixels)
    if white is None and run is not None:
        white = RunRecord.open(run).input.white
    dataset = set_limits(dataset, limits if white is None else reading_for(limits, checked_white(white)))
    classes = counted(len(dataset.classes), "class", "classes")
    on_event(Note(f"{data}: {dataset.layout}, {counted(len(dataset.items), 'picture')}, {classes}"))
    if csv is not None:
        require_files(dataset)  # before a pass over the pictures
    looked = look(dataset, on_event)
    audit = audit_of(dataset, looked)
    if run is not None:
        audit = audit.with_suspects(str(run), suspects(Path(run), dataset, looked, on_event))
    if csv is not None:
        _write_list(dataset, looked, csv, on_event, strict=strict)
    if page is not None:
        write_check_page(dataset, looked, audit, followed(page))
        on_event(Note(f"page: {page}"))
    return audit


def _write_list(dataset: Dataset, looked: Looked, path: Path, on_event: Listener, *, strict: bool) -> None:
    clean = clean_rows(dataset, looked, strict=strict)
    text = clean_list_text(dataset, clean.parts, path.parent)
    write_bytes(followed(path), text.encode("utf-8", "surrogateescape"))  # names keep their bytes
    on_event(Note(f"clean list: {path}, {len(clean.parts):,} of {len(dataset.items):,} pictures"))
    if clean.left_out:
        reasons = ", ".join(f"{why}: {count:,}" for why, count in clean.left_out.items())
        on_event(Warned(f"left out of the list: {reasons}"))
