"""The evaluations that a run keeps, side by side: what moved since the run's own part, by more than chance.

Figures are compared with the run's own part. How pictures looked is known from the first kept evaluation on,
so light, size and sharpness are compared with that one.
"""

from dataclasses import asdict, dataclass
from typing import Any

from striate.errors import StriateError
from striate.events import Listener, Warned
from striate.inference.judging.summary import measures, own_summary
from striate.metrics.accuracy import wilson_interval
from striate.metrics.moved import Moved, Share, Unit, moved
from striate.runs.record import RunRecord
from striate.runs.records import KeptEvaluation
from striate.tasks.task import Task

OWN = "its own part"


@dataclass(frozen=True, slots=True)
class Dated:
    """One evaluation beside the first.

    Attributes:
        kept: what the run keeps of it.
        since: with which one light, size and sharpness are compared: its data; empty for the first ones.
        moved: what is compared, each with its test; empty for the run's own part.
    """

    kept: KeptEvaluation
    since: str
    moved: tuple[Moved, ...]

    @property
    def right(self) -> tuple[float, tuple[float, float]] | None:
        """The share of right answers and its 95 % interval; None where the task cannot say."""
        if self.kept.right is None:
            return None
        n = self.kept.pictures
        return self.kept.right / n, wilson_interval(self.kept.right, n)

    def to_json(self) -> dict[str, Any]:
        """Figures and changes."""
        kept = self.kept
        share, interval = self.right or (None, None)
        return {
            **kept.model_dump(include={"date", "data", "split", "pictures", "seen_in_training", "right"}),
            "share_right": share,
            "interval": None if interval is None else list(interval),
            **kept.model_dump(include={"confidence", "unsure_below", "unsure", "inputs", "metrics"}),
            "changes": [{**asdict(one), "beyond_chance": one.beyond_chance} for one in self.moved],
        }


@dataclass(frozen=True, slots=True)
class OverTime:
    """All kept evaluations of a run, oldest first; before them its own part, where it has one."""

    run: str
    task: str
    evaluations: tuple[Dated, ...]

    def to_json(self) -> dict[str, Any]:
        """What `compare --evaluations --json` prints."""
        return {
            "run": self.run,
            "task": self.task,
            "evaluations": [one.to_json() for one in self.evaluations],
        }


def over_time(record: RunRecord, task: Task[Any], on_event: Listener) -> OverTime:
    """The evaluations of a run; a damaged one is named and left out.

    Raises:
        StriateError: the run keeps none.
    """
    kept, problems = record.kept_evaluations
    for problem in problems:
        on_event(Warned(problem))
    where = record.folder.path
    if not kept:
        raise StriateError(
            f"{where} keeps no evaluation of other data: `striate evaluate {where} NEW-DATA` adds one."
        )
    own = own_summary(record, task, kept[-1].unsure_below)
    first = kept[0] if own is None else own
    rows = [Dated(own.model_copy(update={"data": OWN}), "", ())] if own is not None else []
    for number, one in enumerate(kept):
        before = {**measures(kept[0]), **measures(first)} if number else measures(first)
        changes = () if one is first else tuple(moved(before, measures(one)))
        rows.append(Dated(one, kept[0].data if number else "", changes))
    return OverTime(str(where), task.name, tuple(rows))


def shown_measures(found: OverTime) -> list[str]:
    """The names of all that one of the evaluations measured, in order."""
    return list(dict.fromkeys(name for one in found.evaluations for name in measures(one.kept)))


def known_values(one: Dated) -> dict[str, tuple[float, Unit]]:
    """Value and unit of all that an evaluation measured, by name."""
    return {
        name: (value.value, "share" if isinstance(value, Share) else value.unit)
        for name, value in measures(one.kept).items()
    }
