"""`striate evaluate`."""

from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.say import print_json, say
from striate.cli.train import Engine, Flips, FollowLinks, Json, MaxBytes, MaxPixels, Scales

if TYPE_CHECKING:
    from striate.inference.evaluation import Evaluation


def evaluate(
    run: Annotated[str, typer.Argument(help="A folder that `striate train` wrote.")],
    data: Annotated[
        str | None, typer.Argument(help="Another data set; without it the run's own test part.")
    ] = None,
    engine: Engine = "auto",
    flips: Flips = False,
    scales: Scales = None,
    follow_links: FollowLinks = False,
    max_pixels: MaxPixels = None,
    max_bytes: MaxBytes = None,
    json: Json = False,
) -> None:
    """Measure a run on its test part or other pictures.

    \b
    striate evaluate runs/classify/photos-resnet18
    striate evaluate runs/classify/photos-resnet18 new-photos/ --json
    """
    from striate.actions.evaluate import evaluate as action
    from striate.cli.show import Shown
    from striate.inference.scales import parse_scales

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
            on_event=shown,
        )
    if json:
        print_json(
            {
                "run": run,
                "data": evaluation.data,
                "split": evaluation.split,
                "pictures": len(evaluation.names),
                "seen_in_training": evaluation.seen_in_training,
                "metrics": evaluation.metrics,
                "per_class": evaluation.per_class,
                "calibration": evaluation.figures.calibration,
            }
        )
    else:
        _tell(evaluation)


def _tell(evaluation: "Evaluation") -> None:
    """Accuracy, calibration and a table of classes."""
    from striate.cli.show import accuracy_line
    from striate.data.wording import one_line, percent

    metrics = evaluation.metrics
    say(accuracy_line(metrics, len(evaluation.names), evaluation.split))
    say(
        f"macro F1 {metrics['macro_f1']:.4f}, loss {metrics['loss']:.4f}, "
        f"calibration error {metrics['ece']:.4f} ({metrics['ece_uncalibrated']:.4f} without temperature)"
    )
    chance = evaluation.figures.calibration
    if chance:
        say(
            f"a perfectly calibrated network would show {chance['by_chance']:.4f} on as many pictures, "
            f"and up to {chance['by_chance_high']:.4f} in 19 of 20 cases"
        )
    width = max(len(one_line(label)) for label in evaluation.per_class)
    say(f"{'class':<{width}}  pictures  precision   recall       F1")
    for label, figures in evaluation.per_class.items():
        f1 = "-" if figures["f1"] is None else f"{figures['f1']:.4f}"
        say(
            f"{one_line(label):<{width}}  {figures['pictures']:>8,}  {percent(figures['precision']):>9}"
            f"  {percent(figures['recall']):>7}  {f1:>6}"
        )
