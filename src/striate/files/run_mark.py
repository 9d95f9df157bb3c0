"""By what a run is known wherever it lies: the small file that `striate train` writes into it first."""

import os
import re

MARK = "format"  # holds the version of the run folder


def is_run(folder: str) -> bool:
    """Whether a folder is a run; costs one look at a file that is hardly ever there."""
    try:
        with open(os.path.join(folder, MARK), "rb") as file:  # noqa: PTH118, PTH123 - asked of every folder
            return re.fullmatch(rb"[0-9]{1,9}\s*", file.read(32)) is not None
    except OSError:
        return False
