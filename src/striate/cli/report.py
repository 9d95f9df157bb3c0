"""`striate report`."""

from typing import Annotated

import typer

from striate.cli.shared_flags import Json, Overwrite
from striate.cli.terminal.say import print_json, say


def report(
    run: Annotated[str, typer.Argument(help="A folder that `striate train` wrote.")],
    out: Annotated[
        str | None, typer.Option(help="A file or folder for the page. [default: in the run]")
    ] = None,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Write a run's report again.

    One HTML file that needs no network, for a screen, a phone or paper.

    \b
    striate report runs/classify/photos-resnet18 --out photos.html
    """
    from striate.actions.report import report as action

    page = str(action(run, out, overwrite=overwrite))
    if json:
        print_json({"files": [page]})
    else:
        say(page)
