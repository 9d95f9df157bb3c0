"""`striate explain`."""

from typing import Annotated, Any

import typer

from striate.cli.shared_flags import FollowLinks, Json, MaxBytes, MaxPixels, Overwrite
from striate.cli.terminal.say import print_json, say
from striate.explanation.methods import DEFAULT, METHODS


def names_of_methods(incomplete: str) -> list[str]:
    """What completion offers for --method."""
    return [name for name in METHODS if name.startswith(incomplete)]


def explain(
    run: Annotated[str, typer.Argument(help="A run, or a name from `striate models` with --weights.")],
    images: Annotated[
        list[str] | None, typer.Argument(help="Pictures, folders, patterns in quotes, or a data set.")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help=f"{', '.join(METHODS)}. Without it {DEFAULT}.", autocompletion=names_of_methods),
    ] = None,
    class_name: Annotated[
        str | None, typer.Option("--class", metavar="NAME", help="Explain this class, not the answer.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Explain so many of the most probable classes.")] = 1,
    against: Annotated[
        str | None, typer.Option(metavar="CLASS", help="Explain why it is not this class instead.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option(help="Layer to read; without it the last map before pooling.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="imagenet, or a .safetensors or .pth file, with a name.")
    ] = None,
    with_runs: Annotated[
        list[str] | None, typer.Option("--with", help="Another run beside it. Repeatable.")
    ] = None,
    out: Annotated[str, typer.Option(help="Folder for pictures, arrays and the page.")] = "explanations",
    seed: Annotated[int, typer.Option(help="Of methods that draw noise, and of --sanity.")] = 0,
    channel: Annotated[
        int | None, typer.Option(min=0, help="One channel of --layer (activations, filters, deconvnet).")
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Filters by plain gradient ascent.")] = False,
    near: Annotated[
        str | None, typer.Option(metavar="FILE", help="Embedding: show this picture's neighbours.")
    ] = None,
    sanity: Annotated[
        bool, typer.Option("--sanity", help="Check that the heat changes when the weights are random.")
    ] = False,
    follow_links: FollowLinks = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = None,
    max_bytes: MaxBytes = None,
    json: Json = False,
) -> None:
    """Show where an answer comes from.

    Writes the picture with heat over it, the heat as an array (.npy), and a page for several pictures. A bad
    picture is named and the others go on (exit code 1).

    \b
    striate explain runs/classify/photos-resnet18 cat.jpg
    striate explain runs/classify/photos-resnet18 photos/ --top 3 --method layer-cam
    striate explain efficientnet_lite0 cat.jpg --weights imagenet --class 'tiger cat' --against lynx
    striate explain runs/classify/photos-resnet18 cat.jpg --method guided-backprop --sanity
    """
    given = {key: value for key, value in locals().items() if key != "json"}
    show_explanations(given, json)


def show_explanations(given: dict[str, Any], json: bool) -> None:
    """Explain picture after picture, a line or an object each; exit 1 if one could not be read."""
    from pathlib import Path

    from striate.actions.explain import explanations
    from striate.cli.text.explained_lines import explained_line
    from striate.cli.text.show import Shown
    from striate.data.decoding.decode import Limits
    from striate.explaining.options import ExplainOptions

    limits = Limits.of(given.pop("max_bytes"), given.pop("max_pixels"))
    given |= {"images": given["images"] or None, "with_runs": tuple(given["with_runs"] or ())}
    options = ExplainOptions(**{**given, "out": Path(given["out"]), "limits": limits})
    bad = 0
    with Shown() as shown:
        for explained in explanations(options, shown):
            told = explained.to_json()
            bad += "error" in told
            if json:
                print_json(told)
            else:
                say(*explained_line(told).split("\n"))  # its names are on one line each already
    if bad:
        raise typer.Exit(1)
