"""`striate check`."""

from typing import Annotated, Any

import typer

from striate.cli.shared_flags import FollowLinks, Json, MaxBytes, MaxPixels, Overwrite, White
from striate.cli.terminal.say import print_json, say
from striate.errors import StriateError
from striate.tasks.catalog import TASKS


def names_of_augmentations(incomplete: str) -> list[str]:
    """What completion offers for --augment."""
    from striate.data.transforms.presets import AUGMENTATIONS

    return [name for name in AUGMENTATIONS if name.startswith(incomplete)]


def check(
    data: Annotated[
        str,
        typer.Argument(help="Class folders, CSV, Parquet, IDX, CIFAR, Hugging Face, COCO, VOC; a name"),
    ],
    task: Annotated[
        str | None,
        typer.Option(
            help=f"What the data set is for: {', '.join(TASKS)}. Recognised if not given.",
            autocompletion=lambda incomplete: [name for name in TASKS if name.startswith(incomplete)],
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(help="Write a page with the pictures side by side, an .html file."),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(help="A run that looks for wrong labels: where it is sure of another."),
    ] = None,
    clean_list: Annotated[
        str | None,
        typer.Option(help="Write a CSV that `striate train` reads: image,label,split without the problems."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="The clean list leaves damaged pictures out too.")
    ] = False,
    augment: Annotated[
        str | None,
        typer.Option(
            help="Only draw a sheet: 8 pictures as training sees them in 8 epochs with this augmentation.",
            autocompletion=names_of_augmentations,
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the augmentation sheet; 0 if not given.")] = None,
    fail: Annotated[bool, typer.Option("--fail", help="Exit with 1 if there are problems.")] = False,
    follow_links: FollowLinks = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = None,
    max_bytes: MaxBytes = None,
    white: White = None,
    json: Json = False,
) -> None:
    """Find what is wrong with a data set.

    Unreadable and damaged files, copies and look-alikes (resized, mirrored, recoloured...), leaks between its
    parts, label conflicts, blank pictures, odd sizes, class counts.

    \b
    striate check photos/
    striate check photos/ --out check.html --clean-list clean.csv
    striate check photos/ --run runs/classify/photos-resnet18
    striate check photos/ --augment photo --out sheet.png
    striate check photos/ --fail --json
    striate check scenes/ --task locate
    """
    places: dict[str, Any] = {"follow_links": follow_links, "overwrite": overwrite}
    limits: dict[str, Any] = {"max_pixels": max_pixels, "max_bytes": max_bytes, "white": white}
    if augment is not None:
        about_problems = {"--task": task, "--clean-list": clean_list, "--strict": strict, "--fail": fail}
        _refuse_beside_sheet(about_problems)
        sheet = _sheet(data, augment, out, run=run, seed=seed or 0, **places, **limits)
        if json:
            print_json({"files": [sheet]})
        else:
            say(sheet)
        return
    if seed is not None:
        raise StriateError("--seed is of the augmentation sheet; add --augment NAME, or leave it out.")
    from striate.actions.check import check as action
    from striate.cli.terminal.native_messages import without_libjpeg
    from striate.cli.text.audit_text import audit_lines
    from striate.cli.text.show import Shown

    with without_libjpeg(), Shown() as shown:
        audit = action(
            data,
            task=task,
            run=run,
            out=out,
            clean_list=clean_list,
            strict=strict,
            on_event=shown,
            **places,
            **limits,
        )
    if json:
        print_json(audit.to_dict())
    else:
        for line in audit_lines(audit):
            say(line)
    if fail and audit.problems.count():
        raise typer.Exit(1)


def _refuse_beside_sheet(given: dict[str, Any]) -> None:
    """The sheet looks for no problems."""
    for flag, value in given.items():
        if value:
            raise StriateError(
                f"{flag} is about problems, and --augment only draws a sheet; leave one of them out."
            )


def _sheet(
    data: str,
    augment: str,
    out: str | None,
    *,
    max_pixels: int | None,
    max_bytes: int | None,
    white: int | None,
    **options: Any,
) -> str:
    """Draw the augmentation sheet; where it lies."""
    from striate.data.decoding.decode import Limits, reading_for
    from striate.data.decoding.deep_samples import WHITE
    from striate.trainer.pictures.augmentation_sheet import write_sheet

    limits = reading_for(Limits.of(max_bytes, max_pixels), white or WHITE)
    return str(write_sheet(data, augment, out, limits=limits, **options))
