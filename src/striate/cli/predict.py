"""`striate predict`."""

from typing import Annotated

import typer

from striate.cli.train import Json, MaxBytes, MaxPixels


def predict(
    run: Annotated[str, typer.Argument(help="A run, or a name from `striate models` with --weights.")],
    images: Annotated[list[str], typer.Argument(help="Picture files, or folders of them.")],
    weights: Annotated[str | None, typer.Option(help="A .safetensors or .pth file, with a name.")] = None,
    top: Annotated[int, typer.Option(min=1, help="How many classes an answer names.")] = 5,
    max_pixels: MaxPixels = None,
    max_bytes: MaxBytes = None,
    json: Json = False,
) -> None:
    """Say what is on pictures.

    With calibrated probabilities; a bad file is named and the others go on.

    \b
    striate predict runs/classify/photos-resnet18 cat.jpg more/
    striate predict squeezenet1_1 --weights squeezenet1_1.safetensors cat.jpg --json
    """
    from striate.actions.predict import predict as action
    from striate.cli.show import print_json

    bad = 0
    limits = {"max_pixels": max_pixels, "max_bytes": max_bytes}
    for prediction in action(run, images, weights=weights, top=top, **limits):
        bad += prediction.answer is None
        if json:
            print_json(prediction.to_json())
        elif prediction.answer is None:
            print(f"{prediction.file}\terror: {prediction.error}")
        else:
            named = ", ".join(f"{label} {100 * value:.1f} %" for label, value in prediction.answer.top)
            print(f"{prediction.file}\t{named}")
    if bad:
        raise typer.Exit(1)
