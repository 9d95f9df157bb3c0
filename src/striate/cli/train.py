"""`striate train`."""

from typing import Annotated

import typer

from striate.cli.option_help import TRAIN
from striate.cli.terminal.say import print_json, say

Json = Annotated[bool, typer.Option("--json", help="Print one JSON line on stdout; the rest goes to stderr.")]

Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace files that Striate did not write, too.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be trained, in what time and memory; write nothing.")
]
Engine = Annotated[
    str,
    typer.Option(
        help="torch, openvino, openvino-bf16, openvino-int8 or onnxruntime; auto is what the run chose."
    ),
]
Scales = Annotated[
    str | None,
    typer.Option(help="Look at the middle of pictures enlarged too, as 1.15,1.3."),
]
Flips = Annotated[
    bool, typer.Option("--flips", help="Also look at mirror images; the mean of both scores counts.")
]
FollowLinks = Annotated[bool, typer.Option("--follow-links", help=TRAIN["follow_links"])]
MaxPixels = Annotated[int | None, typer.Option(min=1, help=TRAIN["max_pixels"])]
White = Annotated[int | None, typer.Option(min=1, max=65535, help=TRAIN["white"])]
MaxBytes = Annotated[int | None, typer.Option(min=1, help=TRAIN["max_bytes"])]


def names_of_models(incomplete: str) -> list[str]:
    """What completion offers for --model."""
    from striate.models.catalog import list_models

    return [name for name in ["auto", *list_models("classify")] if name.startswith(incomplete)]


def train(
    data: Annotated[str | None, typer.Argument(help=TRAIN["data"], show_default=False)] = None,
    resume: Annotated[str | None, typer.Option(help="Continue this run exactly where it was.")] = None,
    config: Annotated[str | None, typer.Option(help="A TOML file with these options; flags win.")] = None,
    task: Annotated[str | None, typer.Option(help=TRAIN["task"])] = None,
    model: Annotated[str | None, typer.Option(help=TRAIN["model"], autocompletion=names_of_models)] = None,
    recipe: Annotated[str | None, typer.Option(help=TRAIN["recipe"])] = None,
    transfer: Annotated[str | None, typer.Option(help=TRAIN["transfer"])] = None,
    weights: Annotated[str | None, typer.Option(help=TRAIN["weights"])] = None,
    epochs: Annotated[int | None, typer.Option(help=TRAIN["epochs"])] = None,
    batch_size: Annotated[int | None, typer.Option(help=TRAIN["batch_size"])] = None,
    image_size: Annotated[int | None, typer.Option(help=TRAIN["image_size"])] = None,
    minutes: Annotated[float | None, typer.Option(help=TRAIN["minutes"])] = None,
    lr: Annotated[str | None, typer.Option(help=TRAIN["lr"], metavar="RATE")] = None,
    optimizer: Annotated[str | None, typer.Option(help=TRAIN["optimizer"])] = None,
    label_smoothing: Annotated[float | None, typer.Option(help=TRAIN["label_smoothing"])] = None,
    patience: Annotated[int | None, typer.Option(help=TRAIN["patience"])] = None,
    balance: Annotated[str | None, typer.Option(help=TRAIN["balance"])] = None,
    augment: Annotated[str | None, typer.Option(help=TRAIN["augment"])] = None,
    fit: Annotated[str | None, typer.Option(help=TRAIN["fit"])] = None,
    split: Annotated[str | None, typer.Option(help=TRAIN["split"])] = None,
    test: Annotated[str | None, typer.Option(help=TRAIN["test"])] = None,
    strict: Annotated[bool | None, typer.Option("--strict", help=TRAIN["strict"])] = None,
    follow_links: Annotated[bool | None, typer.Option("--follow-links", help=TRAIN["follow_links"])] = None,
    max_pixels: MaxPixels = None,
    max_bytes: MaxBytes = None,
    white: White = None,
    device: Annotated[str | None, typer.Option(help=TRAIN["device"])] = None,
    devices: Annotated[int | None, typer.Option(help=TRAIN["devices"])] = None,
    precision: Annotated[str | None, typer.Option(help=TRAIN["precision"])] = None,
    workers: Annotated[int | None, typer.Option(help=TRAIN["workers"])] = None,
    seed: Annotated[int | None, typer.Option(help=TRAIN["seed"])] = None,
    checkpoint_seconds: Annotated[float | None, typer.Option(help=TRAIN["checkpoint_seconds"])] = None,
    log: Annotated[str | None, typer.Option(help=TRAIN["log"])] = None,
    out: Annotated[str | None, typer.Option(help=TRAIN["out"])] = None,
    name: Annotated[str | None, typer.Option(help=TRAIN["name"])] = None,
    dry_run: DryRun = False,
    json: Json = False,
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
    given = {key: value for key, value in locals().items() if key not in ("json", "dry_run")}
    given["lr"] = _number(lr)
    if dry_run:
        show_plan(given, json)
    else:
        run_training(given, json)


def _number(text: str | None) -> float | str | None:
    """A rate; what is no number (auto, or a mistake) is the options' to judge."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


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
    if os.environ.get("LOCAL_RANK", "0") != "0" or os.environ.get("GROUP_RANK", "0") != "0":
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
