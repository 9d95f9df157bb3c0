"""`Run`: what `train` returns, a handle on a run folder."""

from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.errors import StriateError
from striate.files.html_table import html_facts, text_facts
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord

if TYPE_CHECKING:
    from striate.reports.contents import Contents
    from striate.reports.history import History, Plot


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Run:
    """A training that has been done. Wherever a run's path is taken, a Run is taken too.

    `Run("runs/classify/photos-lenet5")` is the run that lies there; what is none says so when it is read.
    """

    path: Path

    def __init__(self, path: str | PathLike[str]) -> None:
        object.__setattr__(self, "path", Path(path))

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

    def to_dict(self) -> dict[str, Any]:
        """`result`, by the name that every answer has."""
        return self.result

    @property
    def metrics(self) -> dict[str, Any]:
        """The task's figures; of `classify` `accuracy`, `accuracy_interval`, `loss`, `ece` and others."""
        read: dict[str, Any] = self.result["metrics"]
        return read

    @property
    def history(self) -> "History":
        """Every epoch so far: a table in a notebook, a list of dicts for a program."""
        from striate.reports.history import history_of

        return history_of(self._contents())

    def plot(self) -> "Plot":
        """The curves of the training: a notebook shows them, `.save("curves.svg")` keeps them."""
        from striate.reports.history import plot_of

        return plot_of(self._contents())

    def report(self) -> Path:
        """Write `report.html` again, from the run alone, and return its path."""
        from striate.reports.run import write_report

        return write_report(RunFolder.open(self.path))

    def __repr__(self) -> str:
        return text_facts(f"Run {self.path}", self._facts())

    def _repr_html_(self) -> str:
        return html_facts(f"Run {self.path}", self._facts())

    def _contents(self) -> "Contents":
        from striate.reports.contents import read_contents

        return read_contents(RunFolder.open(self.path))

    def _facts(self) -> dict[str, str | int]:
        """Four facts; of a run that cannot be read, the reason."""
        from striate.tasks.catalog import find_task

        try:
            told = self.result
            task, pictures = find_task(told["task"]), told["pictures"]
            counted = pictures[told["split"]] if told["split"] in pictures else sum(pictures.values())
            parts = ", ".join(f"{count:,} {part}" for part, count in pictures.items())
            return {
                "trained": f"{told['model']}, to {task.name}",
                "pictures": parts,
                "epochs": f"{told['epochs']:,} in {told['seconds']:,.0f} seconds",
                "result": task.sentence(told["metrics"], counted, f"{told['split']} pictures"),
            }
        except (StriateError, KeyError, TypeError, ValueError) as error:
            return {"not read": str(error)}
