"""`report`: one self-contained page about a run, made from the run folder alone."""

from os import PathLike
from pathlib import Path

from striate.files.output_place import PAGE, followed, output_file
from striate.files.possible_paths import possible_paths
from striate.reports.run import write_report
from striate.runs.record import RunRecord


@possible_paths
def report(
    run: str | PathLike[str], out: str | PathLike[str] | None = None, *, overwrite: bool = False
) -> Path:
    """Write the run's `report.html`, or a page elsewhere: then nothing is written into the run.

    Args:
        run: a Run or the path of one.
        out: where the page goes; None is `report.html` in the run.
        overwrite: replace a file at `out` that Striate did not write, too.

    Returns:
        The page's path.

    Raises:
        StriateError: there is no such run, it never began, or no page can stand at `out`.
        WorkFailed: the page cannot be written.
    """
    record = RunRecord.open(Path(run))
    record.require_begun()
    folder = record.folder
    if out is None:
        return write_report(folder)
    target = output_file(out, PAGE, "report.html", "--out", overwrite=overwrite)
    write_report(folder, followed(target))
    return target
