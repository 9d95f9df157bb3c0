"""`Run`: what `train` returns, a handle on a run folder."""

from dataclasses import dataclass
from os import fspath
from pathlib import Path
from typing import Any

from striate.errors import StriateError
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord


@dataclass(frozen=True, slots=True)
class Run:
    """A training that has been done. Wherever a run's path is taken, a Run is taken too."""

    path: Path

    def __fspath__(self) -> str:
        return fspath(self.path)

    @property
    def result(self) -> dict[str, Any]:
        """What `train --json` prints."""
        record = RunRecord.open(self.path)
        if not record.folder.finished:
            raise StriateError(
                f"{self.path} is not finished; continue it with `striate train --resume {self.path}`."
            )
        return {**record.table("result.json"), "run": str(self.path)}

    @property
    def metrics(self) -> dict[str, Any]:
        """The task's figures; of `classify` `accuracy`, `accuracy_interval`, `loss`, `ece` and others."""
        read: dict[str, Any] = self.result["metrics"]
        return read

    def report(self) -> Path:
        """Write `report.html` again, from the run alone, and return its path."""
        from striate.reports.run import write_report

        return write_report(RunFolder.open(self.path))
