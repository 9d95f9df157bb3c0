"""`striate compose`."""

from typing import Annotated

import typer

from striate.cli.shared_flags import Json
from striate.cli.terminal.say import print_json, say


def compose(
    cutouts: Annotated[str, typer.Argument(help="Class folders of pictures with transparency or masks.")],
    backgrounds: Annotated[str, typer.Option(help="A folder of photographs.")],
    out: Annotated[str, typer.Option(help="A new folder for the scenes.")],
    count: Annotated[int, typer.Option(help="Scenes, of all parts together.")] = 300,
    objects: Annotated[str, typer.Option(help="Things in a scene: a number, or MIN-MAX.")] = "1-4",
    size: Annotated[int, typer.Option(help="Pixels of each side.")] = 320,
    format: Annotated[str, typer.Option(help="coco or voc.")] = "coco",
    captions: Annotated[
        bool, typer.Option("--captions", help="Write sentences about the scenes too.")
    ] = False,
    parts: Annotated[str, typer.Option(help="Shares of training, validation and test.")] = "70/15/15",
    seed: Annotated[int, typer.Option(help="Another one gives other parts and scenes.")] = 0,
    json: Json = False,
) -> None:
    """Compose scenes with exact boxes and masks.

    Cut-outs are laid over backgrounds, larger, smaller, turned and mirrored. What one part is made of, and
    all that looks like it, serves no other part. Nothing is overwritten.

    \b
    striate compose stamps/ --backgrounds photos/ --out scenes/
    striate compose stamps/ --backgrounds photos/ --out scenes/ --count 500 --objects 3-6 --format voc
    """
    from striate.actions.compose import compose as action
    from striate.cli.text.show import Shown

    with Shown() as shown:
        files = action(
            cutouts,
            backgrounds=backgrounds,
            out=out,
            count=count,
            objects=objects,
            size=size,
            format=format,
            captions=captions,
            parts=parts,
            seed=seed,
            on_event=shown,
        )
    if json:
        print_json({"files": [str(file) for file in files]})
        return
    say(f"{count:,} composed scenes at {out} ({'COCO' if format == 'coco' else 'VOC'})")
