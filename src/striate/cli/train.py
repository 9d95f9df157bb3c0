"""`striate train`."""

from typing import Annotated, Unpack

import typer

from striate.cli.option_flags import with_options
from striate.cli.shared_flags import Json
from striate.cli.terminal.say import print_json, say
from striate.trainer.given_options import DATA, GivenOptions

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be trained, in what time and memory; write nothing.")
]


def names_of_models(incomplete: str) -> list[str]:
    """What completion offers for --model."""
    from striate.models.catalog import list_models

    return [name for name in ["auto", *list_models()] if name.startswith(incomplete)]


@with_options(completed={"model": names_of_models})
def train(
    data: Annotated[str | None, typer.Argument(help=DATA, show_default=False)] = None,
    resume: Annotated[str | None, typer.Option(help="Continue this run exactly where it was.")] = None,
    config: Annotated[str | None, typer.Option(help="A TOML file with these options; flags win.")] = None,
    dry_run: DryRun = False,
    json: Json = False,
    **options: Unpack[GivenOptions],
) -> None:
    """Train a network on a folder of pictures.

    Measures it on pictures that it never saw, and writes a report.

    \b
    striate train photos/                        one folder a class; a network is chosen \
and the reason printed
    striate train photos/ --model resnet18 --epochs 20
    striate train mnist/ --seed 1 --json         IDX files, one JSON line at the end
    striate train photos/ --dry-run              what it would do, in what time and memory
    striate train photos/ --minutes 10 --lr auto
    striate train --resume runs/classify/photos-resnet18
    striate train more/ --weights runs/classify/photos-resnet18
    """
    given = {"data": data, "resume": resume, "config": config, **options}
    if dry_run:
        show_plan(given, json)
    else:
        run_training(given, json)


def show_plan(given: dict[str, object], json: bool) -> None:
    """Say what would be trained; write nothing."""
    from striate.cli.text.plan_text import plan_text
    from striate.cli.text.show import Shown
    from striate.trainer.reckoning.dry_run import dry_run

    with Shown() as shown:
        found = dry_run(**given, on_event=shown)  # type: ignore[arg-type]
    if json:
        print_json(found)
    else:
        say(*plan_text(found).split("\n"))  # its names are on one line each already


def run_training(given: dict[str, object], json: bool) -> None:
    """Train and show the result; a training stopped by Ctrl-C says how to go on (exit 130)."""
    import os
    from pathlib import Path

    from striate.actions.train import train as action
    from striate.cli.text.show import Shown, result_line
    from striate.events import Event, RunStarted

    started: list[Path] = []

    with Shown() as shown:

        def listen(event: Event) -> None:
            if isinstance(event, RunStarted):
                started.append(event.path)
            shown(event)

        try:
            run = action(**given, on_event=listen)  # type: ignore[arg-type]
        except KeyboardInterrupt:
            shown.__exit__(None, None, None)
            hint = f"; go on with: striate train --resume {started[0]}" if started else ""
            say("", f"stopped{hint}", error=True)
            raise typer.Exit(130) from None
    if any(os.environ.get(rank, "0") != "0" for rank in ("LOCAL_RANK", "GROUP_RANK")):
        return  # of several processes one tells
    result = run.result
    if json:
        print_json(result)
        return
    pictures = result["pictures"][result["split"]]
    say(result_line(result["task"], result["metrics"], pictures, result["split"]))
    say(f"trained in {result['seconds']:.0f} s: {result['run']}")
    say(f"report:    {run.path / 'report.html'}")
    say(f"next:      striate predict {result['run']} PICTURE...")
