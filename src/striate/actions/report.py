"""`report`: one self-contained page about a run, made from the run folder alone."""

import os
from os import PathLike
from pathlib import Path

from striate.errors import StriateError, WorkFailed
from striate.reports.run import write_report
from striate.runs.folder import RunFolder


def report(run: str | PathLike[str], out: str | PathLike[str] | None = None) -> Path:
    """Write the run's `report.html`, or a page elsewhere: then nothing is written into the run.

    Args:
        run: a Run or the path of one.
        out: where the page goes; None is `report.html` in the run.

    Returns:
        The page's path.

    Raises:
        StriateError: there is no such run, or `out` is something that no page can stand in for.
        WorkFailed: the page cannot be written.
    """
    folder = RunFolder.open(Path(run))
    if out is None:
        return write_report(folder)
    target = Path(out)
    if target.is_dir() or str(out).endswith(("/", os.sep)):
        target = target / "report.html"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkFailed(f"{target} could not be written: {error.strerror}. Choose another --out.") from error
    if target.exists() and not target.is_file():  # a device: a rename would put the page in its place
        raise StriateError(f"{target} is not a file. Name a file or a folder with --out.")
    write_report(folder, target.resolve())  # through a link, not in its place
    return target
