"""`striate predict`."""

from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.shared_flags import Engine, Flips, FollowLinks, Json, MaxBytes, MaxPixels, Overwrite, Scales
from striate.cli.terminal.say import print_json, say

if TYPE_CHECKING:
    from pathlib import Path

    from striate.cli.text.prediction_lines import PredictionLines
    from striate.inference.pictures.copying import SortedCopies
    from striate.inference.pictures.drawing import DrawnPictures
    from striate.inference.pictures.streaming import Prediction, Predictions


Images = Annotated[
    list[str], typer.Argument(help="Picture files, folders, patterns in quotes, or - for standard input.")
]
With = Annotated[
    list[str] | None, typer.Option("--with", help="Another run; all answer together. Repeatable.")
]
Unsure = Annotated[float | None, typer.Option(help="Answers below this probability are unsure, as 0.8.")]
Precision = Annotated[
    float | None, typer.Option(help="Wanted share of right answers in every class, as 0.95.")
]
CopyTo = Annotated[
    str | None, typer.Option(help="Also copy the pictures to this folder, into one folder a class.")
]
Draw = Annotated[
    str | None, typer.Option(help="Also draw boxes or points into copies of the pictures, in this folder.")
]


def predict(
    run: Annotated[str, typer.Argument(help="A run, or a name from `striate models` with --weights.")],
    images: Images,
    weights: Annotated[str | None, typer.Option(help="A .safetensors or .pth file, with a name.")] = None,
    with_: With = None,
    top: Annotated[int, typer.Option(min=1, help="How many classes an answer names.")] = 5,
    unsure: Unsure = None,
    precision: Precision = None,
    engine: Engine = "auto",
    flips: Flips = False,
    scales: Scales = None,
    csv: Annotated[str | None, typer.Option(help="Also write the answers to this CSV file.")] = None,
    copy_to: CopyTo = None,
    draw: Draw = None,
    follow_links: FollowLinks = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = None,
    max_bytes: MaxBytes = None,
    json: Json = False,
) -> None:
    """Say what is on pictures.

    With calibrated probabilities; a bad file is named and the others go on (exit code 1).

    \b
    striate predict runs/classify/photos-resnet18 cat.jpg more/ 'archive/**/*.jpg'
    striate predict runs/classify/photos-resnet18 more/ --unsure 0.8 --copy-to sorted/ --csv answers.csv
    striate predict runs/classify/photos-resnet18 - --json < cat.jpg
    striate predict runs/locate/scenes-efficientnet_lite0 more/ --draw drawn/
    striate predict squeezenet1_1 --weights squeezenet1_1.safetensors cat.jpg --json
    """
    from striate.actions.predict import predict as action
    from striate.cli.text.show import Shown
    from striate.inference.pictures.copying import SortedCopies
    from striate.inference.pictures.drawing import DrawnPictures
    from striate.inference.pictures.prediction_table import table_file
    from striate.inference.views import parse_scales

    table = table_file(csv, images, overwrite=overwrite) if csv is not None else None
    copies = SortedCopies(copy_to, images) if copy_to is not None else None
    answers = action(
        run,
        images,
        weights=weights,
        with_runs=with_ or (),
        top=top,
        unsure=unsure,
        precision=precision,
        engine=engine,
        flips=flips,
        scales=parse_scales(scales),
        follow_links=follow_links,
        max_pixels=max_pixels,
        max_bytes=max_bytes,
        on_event=Shown(),
    )
    if copies is not None:
        answers.task.require("sort")
        copies.name_folders(answers.labels)
    drawn = DrawnPictures(draw, images, answers, overwrite=overwrite) if draw is not None else None
    if _tell(answers, table, copies, drawn, json=json):
        raise typer.Exit(1)


def _tell(
    answers: "Predictions",
    csv: "Path | None",
    copies: "SortedCopies | None",
    drawn: "DrawnPictures | None",
    *,
    json: bool,
) -> int:
    """Print, table, copy and draw the answers as they come; how many files had none."""
    from contextlib import ExitStack

    from striate.cli.text.prediction_lines import PredictionLines, threshold_lines
    from striate.inference.pictures.prediction_table import prediction_table

    bad, lines = 0, PredictionLines(answers.task)
    if answers.thresholds is not None:
        say(*threshold_lines(answers.thresholds), error=True)
    with ExitStack() as stack:
        table = stack.enter_context(prediction_table(csv, answers)) if csv is not None else None
        for prediction in answers:
            bad += prediction.answer is None
            _print(prediction, lines, json=json)
            copied = None if copies is None else copies.add(prediction)
            if table is not None:
                table.add(prediction, copied)
            if drawn is not None:
                drawn.add(prediction)
    if (last := lines.rest()) and not json:
        say(*last)
    said = [lines.counted] if answers.thresholds is not None else []
    said += [f"answers: {csv}"] if csv is not None else []
    said += [one.told for one in (copies, drawn) if one is not None]
    if said:
        say(*said, error=True)
    return bad


def _print(prediction: "Prediction", lines: "PredictionLines", *, json: bool) -> None:
    """One answer as JSON, at once, or the lines for people that are ready."""
    ready = lines.add(prediction)
    if json:
        print_json(prediction.to_json())
    elif ready:
        say(*ready)
