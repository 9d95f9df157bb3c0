"""`compare`: which of several runs of one task is better, and whether chance alone made the difference.

Runs that were measured on the same pictures (by content; at least half of the smaller part) are compared
picture by picture; others, less sharply, by their shares. The first run is what the others are compared with.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from os import PathLike
from typing import Any, Literal, overload

from striate.errors import StriateError
from striate.events import Listener, Note, silent
from striate.files.output_place import PAGE, output_file
from striate.files.possible_paths import possible_paths
from striate.inference.judging.over_time import OverTime, known_values, over_time, shown_measures
from striate.inference.network_of_run import task_of
from striate.metrics.paired import holm, paired_difference, unpaired_difference
from striate.reports.evaluations import Cell, EvaluationRow, write_evaluations_page
from striate.reports.moved import value_text
from striate.runs.answers import measured
from striate.runs.default_task import DEFAULT_TASK
from striate.runs.record import RunRecord
from striate.tasks.answers import Recorded
from striate.tasks.catalog import find_task
from striate.tasks.task import Task

SIGNIFICANT = 0.05
Given = str | PathLike[str]


@dataclass(frozen=True, slots=True)
class Measured:
    """A finished run with its figures, and name and answer of every picture by the pictures' content."""

    run: str
    model: str
    split: str
    metrics: dict[str, Any]
    answers: dict[tuple[str, int], tuple[str, Recorded]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A run against the first one.

    Attributes:
        first, second: paths of the runs as they were given.
        paired: whether both were measured on the same pictures.
        pictures: how many of these there are; of unpaired runs those of the second.
        difference: the second's share of right answers minus the first's, in [-1, 1].
        interval: its 95 % interval.
        p: how often chance alone gives such a difference; raised by Holm's rule where several runs are
            compared with the first.
        only_first, only_second: pictures that only one of the two has right.
        relabelled: same pictures with different classes in the two data sets; they are not counted.
        verdict: all of it in a sentence.
    """

    first: str
    second: str
    paired: bool
    pictures: int
    difference: float
    interval: tuple[float, float]
    p: float
    only_first: tuple[str, ...] = ()
    only_second: tuple[str, ...] = ()
    relabelled: int = 0
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every run's figures and every other run against the first."""

    task: str
    runs: tuple[Measured, ...]
    pairs: tuple[Pair, ...]

    def to_dict(self) -> dict[str, Any]:
        """`to_json`, by the name that every answer has."""
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """What `compare --json` prints."""
        return {
            "runs": [
                {
                    "run": one.run,
                    "metrics": one.metrics,
                    "model": one.model,
                    "split": one.split,
                    "pictures": len(one.answers),
                }
                for one in self.runs
            ],
            "pairs": [asdict(pair) for pair in self.pairs],
        }


@overload
def compare(runs: Sequence[Given] | Given, *more: Given, evaluations: Literal[False] = False) -> Comparison:
    """Every other run against the first."""


@overload
def compare(
    runs: Sequence[Given] | Given,
    *more: Given,
    evaluations: Literal[True],
    out: Given | None = None,
    overwrite: bool = False,
    on_event: Listener = silent,
) -> OverTime:
    """The evaluations that one run keeps."""


@possible_paths
def compare(
    runs: Sequence[Given] | Given,
    *more: Given,
    evaluations: bool = False,
    out: Given | None = None,
    overwrite: bool = False,
    on_event: Listener = silent,
) -> Comparison | OverTime:
    """Compare finished runs by what they were measured on at their end, or one run's evaluations over time.

    Args:
        runs: the first Run, or the path of one, and the others after it: `compare(a, b)`; or a list of all.
        more: the others.
        evaluations: compare all evaluations of other data that one run keeps (`evaluate` adds them) with
            its own part and with each other.
        out: of these, also write a page there.
        overwrite: replace a file that Striate did not write, too.
        on_event: is told of evaluations that are damaged.

    Raises:
        StriateError: fewer than two runs, of several tasks or of one whose runs cannot be compared; one of
            them is no finished run or measured nothing.
    """
    given = [runs] if isinstance(runs, (str, PathLike)) else list(runs)
    given += more
    if evaluations:
        return _over_time(given, out, on_event, overwrite=overwrite)
    if out is not None:
        raise StriateError(
            "a page is written of one run's evaluations: add --evaluations, or leave out --out."
        )
    if len(given) < 2:
        raise StriateError(f"two runs or more can be compared, got {len(given)}; name another one.")
    records = [_finished(run) for run in given]
    task = _task_of(records)
    task.require("compare")
    found = tuple(_measured(record, task) for record in records)
    pairs = [_pair(found[0], other) for other in found[1:]]
    raised = holm([pair.p for pair in pairs])
    told = [replace(pair, p=p) for pair, p in zip(pairs, raised, strict=True)]
    return Comparison(task.name, found, tuple(replace(pair, verdict=_verdict(pair)) for pair in told))


def _over_time(given: Sequence[Given], out: Given | None, on_event: Listener, *, overwrite: bool) -> OverTime:
    if len(given) != 1:
        raise StriateError(f"--evaluations compares those of one run, got {len(given)} runs; name one.")
    record = RunRecord.open(given[0])
    page = None
    if out is not None:
        page = output_file(out, PAGE, "evaluations.html", "--out", overwrite=overwrite)
    found = over_time(record, task_of(record), on_event)
    if page is not None:
        write_evaluations_page(page, found.run, rows_of(found))
        on_event(Note(f"page: {page}"))
    return found


def rows_of(found: OverTime) -> list[EvaluationRow]:
    """The evaluations in words, for a page or a terminal."""
    names = shown_measures(found)
    rows = []
    for one in found.evaluations:
        values, changes = known_values(one), {change.name: change for change in one.moved}
        cells = {
            name: Cell(value_text(*values[name]) if name in values else "", changes.get(name))
            for name in names
        }
        kept = one.kept
        rows.append(EvaluationRow(kept.date, kept.data, kept.pictures, one.right, cells, one.since))
    return rows


def _finished(run: str | PathLike[str]) -> RunRecord:
    record = RunRecord.open(run)
    folder = record.folder
    if folder.not_written is not None:
        raise folder.missing("result.json")
    if not folder.finished:
        raise StriateError(
            f"{folder.path} is not finished, so it has no figures: `striate train --resume {folder.path}`."
        )
    return record


def _task_of(records: Sequence[RunRecord]) -> Task[Any]:
    """The one task of all runs."""
    names = [str(record.table("result.json").get("task", DEFAULT_TASK)) for record in records]
    if len(set(names)) > 1:
        told = ", ".join(
            f"{record.folder.path} is of {name}" for record, name in zip(records, names, strict=True)
        )
        raise StriateError(f"only runs of one task can be compared: {told}.")
    return find_task(names[0])


def _measured(record: RunRecord, task: Task[Any]) -> Measured:
    folder = record.folder
    result, answers = record.result, measured(folder, task.recorded)
    if not answers:
        raise StriateError(
            f"{folder.path} was measured on no picture, so there is nothing to compare; train it with --test."
        )
    return Measured(
        str(folder.path), str(result.model), result.split, record.table("result.json")["metrics"], answers
    )


def _pair(first: Measured, second: Measured) -> Pair:
    shared = [key for key in first.answers if key in second.answers]
    one, other = first.answers, second.answers
    same = [key for key in shared if one[key][1].truth == other[key][1].truth]
    if len(same) * 2 < min(len(first.answers), len(second.answers)):
        return _unpaired(first, second)  # a few shared pictures would say less than all of them do
    right = {key: (one[key][1].right, other[key][1].right) for key in same}
    only_first = tuple(one[key][0] for key in same if right[key] == (True, False))
    only_second = tuple(other[key][0] for key in same if right[key] == (False, True))
    both, neither = (sum(pair == both for both in right.values()) for pair in ((True, True), (False, False)))
    found = paired_difference(both, len(only_first), len(only_second), neither)
    return Pair(
        first=first.run,
        second=second.run,
        paired=True,
        pictures=len(same),
        difference=found.difference,
        interval=found.interval,
        p=found.p,
        only_first=only_first,
        only_second=only_second,
        relabelled=len(shared) - len(same),
    )


def _unpaired(first: Measured, second: Measured) -> Pair:
    (k1, n1), (k2, n2) = (
        (sum(answer.right for _, answer in one.answers.values()), len(one.answers)) for one in (first, second)
    )
    found = unpaired_difference(k1, n1, k2, n2)
    return Pair(
        first=first.run,
        second=second.run,
        paired=False,
        pictures=n2,
        difference=found.difference,
        interval=found.interval,
        p=found.p,
    )


def _verdict(pair: Pair) -> str:
    points, (low, high) = 100 * pair.difference, (100 * end for end in pair.interval)
    where = f"{pair.pictures:,} shared pictures" if pair.paired else "different pictures"
    chance = f"p = {pair.p:.2g}" if pair.p >= 0.001 else "p < 0.001"
    if pair.p >= SIGNIFICANT:
        return (
            f"no difference can be seen between {pair.second} and {pair.first}: {points:+.1f} points "
            f"({low:+.1f} to {high:+.1f}), {where}, {chance}"
        )
    better, worse, sign = (pair.second, pair.first, 1) if points > 0 else (pair.first, pair.second, -1)
    ends = sorted((sign * low, sign * high))
    return (
        f"{better} is better than {worse} by {abs(points):.1f} points "
        f"({ends[0]:.1f} to {ends[1]:.1f}), {where}, {chance}"
    )
