"""`striate compare`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from striate.cli.shared_flags import Json, Overwrite
from striate.cli.terminal.say import print_json, say
from striate.errors import StriateError

if TYPE_CHECKING:
    from striate.actions.compare import Comparison
    from striate.tasks.task import Task

NAMED = 5  # pictures that only one run has right


def compare(
    runs: Annotated[list[str], typer.Argument(help="Two or more runs; the first is the reference.")],
    evaluations: Annotated[
        bool, typer.Option("--evaluations", help="Of one run: all evaluations of other data, side by side.")
    ] = False,
    out: Annotated[str | None, typer.Option(help="Also write a page of these evaluations here.")] = None,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Say which run is better, or that no difference can be seen.

    Runs that were measured on the same pictures are compared picture by picture.

    \b
    striate compare runs/classify/photos-lenet5 runs/classify/photos-resnet18
    striate compare runs/classify/photos-resnet18 --evaluations --out months.html
    """
    if evaluations:
        _evaluations(runs, out, overwrite=overwrite, json=json)
    else:
        if out is not None:
            raise StriateError(
                "--out writes a page of one run's evaluations: add --evaluations, or leave it out."
            )
        _runs(runs, json=json)


def _evaluations(runs: list[str], out: str | None, *, overwrite: bool, json: bool) -> None:
    from striate.actions.compare import compare as action
    from striate.actions.compare import rows_of
    from striate.cli.text.evaluation_lines import evaluation_lines
    from striate.cli.text.show import Shown

    found = action(runs, evaluations=True, out=out, overwrite=overwrite, on_event=Shown())
    if json:
        print_json(found.to_json())
    else:
        say(*evaluation_lines(rows_of(found)))


def _runs(runs: list[str], *, json: bool) -> None:
    from striate.actions.compare import compare as action
    from striate.tasks.catalog import find_task

    found = action(runs)
    if json:
        print_json(found.to_json())
        return
    task = find_task(found.task)
    _table(found, task)
    for pair in found.pairs:
        say("", pair.verdict)
        if not pair.paired:
            say(
                "The two share less than half of their pictures, so luck with the pictures counts too: "
                "train both with the same --seed, --split or --test."
            )
            continue
        for run, names in ((pair.first, pair.only_first), (pair.second, pair.only_second)):
            _names(run, names)
        if pair.relabelled:
            known = "truths" if task.right_means else "classes"
            say(f"{pair.relabelled:,} more have different {known} in the two data sets and do not count")


def _table(found: "Comparison", task: "Task[Any]") -> None:
    from striate.data.wording import one_line

    rows: list[tuple[str, ...]] = []
    for one in found.runs:
        cells = task.compared(one.metrics)
        rows = rows or [("run", "pictures", *cells)]
        rows.append((one_line(one.run), f"{len(one.answers):,} {one.split}", *cells.values()))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        others = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        say("  ".join([row[0].ljust(widths[0]), *others]))
    if task.right_means:
        say("", f"An answer is right where {task.right_means}.")


def _names(run: str, names: tuple[str, ...]) -> None:
    from striate.data.wording import listed

    if names:
        count = f"{len(names):,} {'picture' if len(names) == 1 else 'pictures'}"
        say(f"  only {run} has {count} right: {listed(list(names), NAMED)}")
