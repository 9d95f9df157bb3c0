"""`striate convert`."""

from typing import Annotated

import typer

from striate.cli.shared_flags import FollowLinks, Json
from striate.cli.terminal.say import print_json, say


def convert(
    data: Annotated[str, typer.Argument(help="A data set of any layout that train reads.")],
    out: Annotated[str, typer.Option(help="A new folder for the class folders.")],
    follow_links: FollowLinks = False,
    json: Json = False,
) -> None:
    """Write a data set as class folders.

    Pictures that are files keep their bytes, others become PNG. Nothing is overwritten.

    \b
    striate convert mnist/ --out digits/
    striate convert pictures.parquet --out pictures/ --json
    """
    from striate.actions.convert import convert as action
    from striate.cli.text.show import Shown
    from striate.data.wording import counted

    with Shown() as shown:
        written = action(data, out, follow_links=follow_links, on_event=shown)
    if json:
        print_json({"files": [str(file) for file in written.files]})
        return
    left = f", {len(written.skipped):,} left out" if written.skipped else ""
    say(f"{counted(len(written.files), 'picture')} in class folders at {out}{left}")
