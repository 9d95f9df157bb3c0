"""`striate ladder`."""

from typing import Annotated

import typer

from striate.cli.shared_flags import FollowLinks, Json, Overwrite
from striate.cli.terminal.say import print_json, say


def ladder(
    data: Annotated[str, typer.Argument(help="Class folders (split or not), a CSV table or IDX files.")],
    model: Annotated[str, typer.Option(help="The pretrained network: a name, or auto.")] = "auto",
    weights: Annotated[
        str | None, typer.Option(help="imagenet, or a .safetensors or .pth file of --model.")
    ] = None,
    rungs: Annotated[
        str | None,
        typer.Option(
            help="Some of scratch,augmented,probe,features,frozen,finetune, with commas; all if not given."
        ),
    ] = None,
    curve: Annotated[
        bool,
        typer.Option("--curve", help="Also with 1/8, 1/4 and 1/2 of the pictures; what more would bring."),
    ] = False,
    minutes: Annotated[
        float | None, typer.Option(help="At most, for each rung trained step by step.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides the split and every training.")] = 0,
    out: Annotated[str, typer.Option(help="Where runs are kept.")] = "runs",
    follow_links: FollowLinks = False,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Climb the ladder of transfer learning: every rung on one split, on one page.

    A rung that an earlier call has finished is taken from there; one that was interrupted goes on.

    \b
    striate ladder photos/                          all rungs
    striate ladder photos/ --rungs probe,features --curve
    """
    from striate.actions.ladder import ladder as action
    from striate.cli.text.show import Shown

    with Shown() as shown:
        found = action(
            data,
            model=model,
            weights=weights,
            rungs=None if rungs is None else [name.strip() for name in rungs.split(",") if name.strip()],
            curve=curve,
            minutes=minutes,
            seed=seed,
            follow_links=follow_links,
            out=out,
            overwrite=overwrite,
            on_event=shown,
        )
    if json:
        print_json(found.to_json())
        return
    _table(found)
    say(f"page: {found.page}")


def _table(found: object) -> None:
    from striate.actions.ladder import Ladder
    from striate.data.wording import percent

    assert isinstance(found, Ladder)
    rows = [("rung", "right", "95 % interval", "seconds", "repairs", "breaks")]
    for rung in found.rungs:
        low, high = rung.interval
        interval = f"{percent(low)} to {percent(high)}"
        counts = (str(len(rung.repaired)), str(len(rung.broken)))
        rows.append((rung.name, percent(rung.accuracy), interval, f"{rung.seconds:.1f}", *counts))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        say("  ".join([row[0].ljust(widths[0]), *rest]))
    say(f"measured on {found.rungs[0].pictures:,} {found.split} pictures")
    for point in found.curve.expected if found.curve is not None else ():
        low, high = point.interval
        say(
            f"with {point.pictures:,} training pictures the probe may reach {percent(point.accuracy)}"
            f" ({percent(low)} to {percent(high)})"
        )
