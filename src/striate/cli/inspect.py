"""`striate inspect`."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.shared_flags import Json, Overwrite
from striate.cli.terminal.say import print_json, say
from striate.errors import StriateError

if TYPE_CHECKING:
    from pathlib import Path

    from striate.anatomy.anatomy import Anatomy


def inspect(
    model: Annotated[
        str, typer.Argument(help="A name from `striate models`, a run, a pattern, or an ONNX file.")
    ],
    input: Annotated[
        str | None, typer.Option(metavar="CxHxW", help="Shape of one picture, such as 3x224x224.")
    ] = None,
    image_size: Annotated[int | None, typer.Option(help="Side of the picture instead of --input.")] = None,
    classes: Annotated[int | None, typer.Option(help="Outputs of the head.")] = None,
    explain: Annotated[
        str | None,
        typer.Option(metavar="LAYER", help="Write out the arithmetic of one layer, or of `all`."),
    ] = None,
    quiz: Annotated[bool, typer.Option("--quiz", help="Ask for shapes and parameters, and grade.")] = False,
    seed: Annotated[int, typer.Option(help="Which layers the quiz asks for.")] = 0,
    html: Annotated[
        str | None, typer.Option(metavar="FILE", help="Draw the network as one HTML page.")
    ] = None,
    markdown: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the table as Markdown; - prints it.")
    ] = None,
    latex: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the table as LaTeX; - prints it.")
    ] = None,
    csv: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the table as CSV; - prints it.")
    ] = None,
    depth: Annotated[int | None, typer.Option(min=1, help="Sum up below this depth of names.")] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Say what a training with it would need.")
    ] = None,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Show a network layer by layer.

    Output shape, parameters, multiply-adds, memory, receptive field and stride of every layer, and the
    totals. --markdown, --latex and --csv hold the same table, or with --explain the arithmetic: general
    formulas beside the numbers.

    \b
    striate inspect lenet5
    striate inspect resnet18 --explain layer1.0.conv1
    striate inspect lenet5 --explain all --latex lenet5.tex
    striate inspect vgg16 --html vgg16.html
    striate inspect book_mnist --quiz
    """
    from striate.actions.inspect import inspect as action

    if input is not None and image_size is not None:
        raise StriateError("--input and --image-size say the same thing; give one of them.")
    asked = {"--markdown": markdown, "--latex": latex, "--csv": csv}
    asked = {option: place for option, place in asked.items() if place is not None}
    printed = [option for option, place in asked.items() if place == "-"]
    if len(printed) > 1 or (printed and json):
        both = " and ".join([*printed, *["--json"] * json])
        raise StriateError(f"{both} cannot be printed at once; name a file for all but one.")
    anatomy = action(model, _shape(input), image_size=image_size, num_classes=classes)
    wrote = _write(anatomy, explain, html, asked, overwrite)
    if json:
        print_json(anatomy.to_dict())
    elif quiz:
        from striate.cli.text.quiz import ask

        ask(anatomy, seed)
    elif printed:
        from striate.actions.inspect import table_text

        say(*table_text(anatomy, printed[0], explain).splitlines())
    else:
        say(*_lines(anatomy, explain, depth, batch_size))
    if wrote:
        say(*(f"wrote {path}" for path in wrote), error=json or bool(printed))


def _write(
    anatomy: "Anatomy", layer: str | None, html: str | None, tables: dict[str, str | None], overwrite: bool
) -> list["Path"]:
    """Write every file that was asked for; their places, in the order of the options."""
    from striate.actions.inspect import page_file, table_file

    wrote = [] if html is None else [page_file(anatomy, html, overwrite=overwrite)]
    for option, place in tables.items():
        if place is not None and place != "-":
            wrote.append(table_file(anatomy, place, option, layer, overwrite=overwrite))
    return wrote


def _lines(anatomy: "Anatomy", layer: str | None, depth: int | None, batch_size: int | None) -> list[str]:
    """The arithmetic of one layer, or the table of all with its totals."""
    from striate.cli.text.inspect_text import explain_lines, table_lines, total_lines, training_lines

    if layer is not None:
        return explain_lines(anatomy, layer)
    return [
        *table_lines(anatomy, depth),
        *total_lines(anatomy),
        *training_lines(anatomy, batch_size),
    ]


def _shape(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,6}([x,×]\d{1,6}){1,3}", text):
        raise StriateError(f"--input {text} is no shape; give channels x height x width, such as 3x224x224.")
    return tuple(int(one) for one in re.split("[x,×]", text))
