"""`demo`: the main job on the digits that come with Striate."""

from dataclasses import dataclass
from itertools import islice
from os import PathLike
from pathlib import Path

from striate.actions.predict import predict
from striate.actions.train import train
from striate.data.datasets.arrays.sheets import embedded_mnist
from striate.drawing.grid import picture_png
from striate.events import Listener, silent
from striate.files.writing import write_bytes
from striate.inference.pictures.streaming import Prediction
from striate.runs.folder import RunFolder
from striate.trainer.run import Run

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A run, and predictions for five test digits that were written as files beside it."""

    run: Run
    predictions: list[Prediction]


def demo(
    *,
    seed: int | None = None,
    out: str | PathLike[str] | None = None,
    name: str | None = None,
    on_event: Listener = silent,
) -> Demonstration:
    """Train LeNet-5 on 6,000 embedded digits and measure it on 2,000 others.

    Args:
        seed: decides every random choice; None is the default of `train`.
        out: where runs are kept; None is the default of `train`.
        name: the run's name; None is demo.
        on_event: is told what happens.
    """
    run = train(
        embedded_mnist().path,
        model="lenet5",
        recipe="demo",
        name=name or "demo",
        seed=seed,
        out=out,
        on_event=on_event,
    )
    return Demonstration(run, list(predict(run, _five_digits(run))))


def _five_digits(run: Run) -> list[Path]:
    """The first test digits of five classes, as picture files in the run."""
    dataset = embedded_mnist()
    folder = RunFolder.open(run.path)
    first_of_class: dict[int | None, int] = {}
    for row, item in enumerate(dataset.items):
        if item.part == "test":
            first_of_class.setdefault(item.truth.label, row)
    files = []
    for label, row in islice(first_of_class.items(), 0, 2 * SHOWN, 2):
        picture, _ = dataset.read(row)
        file = folder / f"pictures/digit-{dataset.classes[label or 0]}.png"
        write_bytes(file, picture_png(picture))
        files.append(file)
    return files
