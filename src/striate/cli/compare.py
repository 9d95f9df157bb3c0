"""`striate compare`."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from striate.cli.shared_flags import Json
from striate.cli.terminal.say import print_json, say

NAMED = 5  # pictures that only one run has right


def compare(
    runs: Annotated[list[str], typer.Argument(help="Two or more runs; the first is the reference.")],
    json: Json = False,
) -> None:
    """Say which run is better, or that no difference can be seen.

    Runs that were measured on the same pictures are compared picture by picture.

    \b
    striate compare runs/classify/photos-lenet5 runs/classify/photos-resnet18
    """
    from striate.actions.compare import compare as action

    found = action(runs)
    if json:
        print_json(found.to_json())
        return
    _table(found.runs)
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
            say(f"{pair.relabelled:,} more have different classes in the two data sets and do not count")


def _table(runs: Sequence[Any]) -> None:
    from striate.data.wording import one_line, percent

    rows = [("run", "pictures", "accuracy", "95 % interval", "macro F1", "calibration error")]
    for one in runs:
        figures, (low, high) = one.metrics, one.metrics["accuracy_interval"]
        count = f"{len(one.answers):,} {one.split}"
        interval = f"{percent(low)} to {percent(high)}"
        ece = f"{figures['ece']:.4f}"
        accuracy = percent(figures["accuracy"])
        rows.append((one_line(one.run), count, accuracy, interval, f"{figures['macro_f1']:.4f}", ece))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        others = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        say("  ".join([row[0].ljust(widths[0]), *others]))


def _names(run: str, names: tuple[str, ...]) -> None:
    from striate.data.wording import listed

    if names:
        count = f"{len(names):,} {'picture' if len(names) == 1 else 'pictures'}"
        say(f"  only {run} has {count} right: {listed(list(names), NAMED)}")
