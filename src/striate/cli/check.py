"""`striate check`."""

from typing import Annotated

import typer

from striate.cli.train import Json, MaxBytes, MaxPixels


def check(
    data: Annotated[
        str, typer.Argument(help="Class folders, CSV, Parquet, IDX, CIFAR, Hugging Face; or mnist...")
    ],
    fail: Annotated[bool, typer.Option("--fail", help="Exit with 1 if there are problems.")] = False,
    max_pixels: MaxPixels = None,
    max_bytes: MaxBytes = None,
    json: Json = False,
) -> None:
    """Find what is wrong with a data set.

    Unreadable and damaged files, duplicates, leaks between its parts, label conflicts, class counts.

    \b
    striate check photos/
    striate check photos/ --fail --json
    """
    from striate.actions.check import check as action
    from striate.cli.audit_text import audit_lines
    from striate.cli.show import Shown, print_json

    with Shown() as shown:
        audit = action(data, max_pixels=max_pixels, max_bytes=max_bytes, on_event=shown)
    if json:
        print_json(audit.to_dict())
    else:
        for line in audit_lines(audit):
            print(line)
    if fail and audit.problems.count():
        raise typer.Exit(1)
