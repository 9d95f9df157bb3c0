"""`striate evaluate`."""

from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.shared_flags import Engine, Flips, FollowLinks, Json, MaxBytes, MaxPixels, Overwrite, Scales
from striate.cli.terminal.say import print_json, say

if TYPE_CHECKING:
    from striate.inference.judging.evaluation import Evaluation


def evaluate(
    run: Annotated[str, typer.Argument(help="A folder that `striate train` wrote.")],
    data: Annotated[
        str | None, typer.Argument(help="Another data set; without it the run's own test part.")
    ] = None,
    engine: Engine = "auto",
    flips: Flips = False,
    scales: Scales = None,
    follow_links: FollowLinks = False,
    out: Annotated[str | None, typer.Option(help="Also write a page with the worst answers here.")] = None,
    csv: Annotated[
        str | None,
        typer.Option(help="Also write a table here, a line a picture; and one of classes beside it."),
    ] = None,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = None,
    max_bytes: MaxBytes = None,
    json: Json = False,
) -> None:
    """Measure a run on its test part or other pictures.

    \b
    striate evaluate runs/classify/photos-resnet18
    striate evaluate runs/classify/photos-resnet18 new-photos/ --out new.html --csv new.csv
    striate evaluate runs/classify/photos-resnet18 new-photos/ --json
    """
    from striate.actions.evaluate import evaluate as action
    from striate.cli.text.show import Shown
    from striate.inference.views import parse_scales

    with Shown() as shown:
        evaluation = action(
            run,
            data,
            max_pixels=max_pixels,
            max_bytes=max_bytes,
            engine=engine,
            flips=flips,
            scales=parse_scales(scales),
            follow_links=follow_links,
            out=out,
            csv=csv,
            overwrite=overwrite,
            on_event=shown,
        )
    if json:
        print_json(
            {
                "run": run,
                "data": evaluation.data,
                "split": evaluation.split,
                "seen_in_training": evaluation.seen_in_training,
                **evaluation.to_json(),
                "mistakes": evaluation.mistakes,
            }
        )
    else:
        _tell(evaluation)


def _tell(evaluation: "Evaluation") -> None:
    """The result in one sentence, and what the task has to say besides."""
    from striate.cli.text.show import result_line
    from striate.tasks.catalog import find_task

    say(result_line(evaluation.task, evaluation.metrics, len(evaluation.names), evaluation.split))
    for line in find_task(evaluation.task).table(evaluation.figures):
        say(line)
