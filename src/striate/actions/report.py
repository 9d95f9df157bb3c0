"""`report`: one self-contained page about a run, made from the run folder alone."""

import shutil
from os import PathLike
from pathlib import Path

from striate.errors import WorkFailed
from striate.reports.run import write_report
from striate.runs.folder import RunFolder


def report(run: str | PathLike[str], out: str | PathLike[str] | None = None) -> Path:
    """Write the run's `report.html`, or a page of another name.

    Args:
        run: a Run or the path of one.
        out: where the page goes; None is `report.html` in the run.

    Returns:
        The page's path.
    """
    page = write_report(RunFolder.open(Path(run)))
    if out is None:
        return page
    target = Path(out)
    if target.is_dir():
        target = target / "report.html"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, target)
    except OSError as error:
        raise WorkFailed(f"{target} could not be written: {error.strerror}. Choose another --out.") from error
    return target
