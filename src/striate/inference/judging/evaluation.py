"""What a predictor is worth on decoded pictures with known truths, and how that is written into its run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from striate.data.sample import Truth
from striate.drawing.grid import image_png, picture_png
from striate.drawing.overlay import jpeg
from striate.files.writing import write_bytes
from striate.inference.pictures.traits import InputTraits
from striate.inference.predictor import Predictor
from striate.runs.answers import write_rows
from striate.runs.folder import RunFolder
from striate.shapes import FittedPicture, Picture
from striate.tasks.answers import Answer, Figures
from striate.tasks.task import Task

# Of pictures and what was answered of them: each with the answer's heat, or None where that says nothing.
HeatOf = Callable[[Predictor, Sequence[Picture], Sequence[Answer]], list[Image.Image | None]]
MISTAKES = 12  # as pictures in the report
LARGEST_SIDE = 320  # pixels, of a picture that the report shows


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of a predictor on `names`, and every single answer.

    Attributes:
        data: where the pictures lie.
        split: test; validation where no test part could be made; all for a data set without parts.
        task: the name of what was answered.
        names: the pictures, (N,).
        answers: (N,), in the pixels of the user's pictures.
        truths: (N,), classes by their place among the predictor's.
        figures: what the answers are worth.
        records: (N,) the line of predictions.csv of every picture: its file, truth and answer.
        judged: (N,) truth and answer of every picture, as `Task.judged` names them.
        wrong: places of the wrong answers among the names, worst first.
        right: (N,) whether each answer is right, as `Task.right_means` says; empty where a task cannot say.
        unsure_below: the probability below which an answer counts as unsure; None for tasks without.
        inputs: (N,) light, size and sharpness of every picture; empty where they were not looked at.
        seen_in_training: how many of them trained or selected the network; asked of other data sets only.
    """

    data: str
    split: str
    task: str
    names: tuple[str, ...]
    answers: tuple[Any, ...]
    truths: tuple[Truth, ...]
    figures: Figures
    records: tuple[dict[str, str | float], ...] = ()
    judged: tuple[dict[str, str | float], ...] = ()
    wrong: tuple[int, ...] = ()
    right: tuple[bool, ...] = ()
    unsure_below: float | None = None
    inputs: tuple[InputTraits, ...] = ()
    seen_in_training: int = 0

    @property
    def metrics(self) -> dict[str, Any]:
        """The metrics of the task."""
        return self.figures.metrics

    @property
    def per_class(self) -> dict[str, dict[str, Any]]:
        """Figures of every class."""
        return self.figures.per_class

    def to_json(self) -> dict[str, Any]:
        """The figures, as evaluation.json and `evaluate --json` both name them."""
        figures = self.figures
        return {
            "pictures": len(self.names),
            "metrics": figures.metrics,
            "per_class": figures.per_class,
            **figures.kept,
            **figures.details,
        }

    @property
    def mistakes(self) -> list[dict[str, str | float]]:
        """File, truth and answer of every wrong answer, worst first."""
        return [{"file": self.names[row], **self.judged[row]} for row in self.wrong]


def evaluation_of(
    predictor: Predictor,
    data: str,
    split: str,
    names: Sequence[str],
    answers: Sequence[Answer],
    truths: Sequence[Truth],
) -> Evaluation:
    """Figures from answers (`Predictor.answers`) and truths, both in the pixels of the user's pictures."""
    task, context = predictor.task, predictor.context
    records = recorded_rows(predictor, names, answers, truths)
    return Evaluation(
        data,
        split,
        task.name,
        tuple(names),
        tuple(answers),
        tuple(truths),
        task.figures(answers, truths, context),
        records=tuple(records),
        judged=tuple(task.judged({key: row[key] for key in row if key != "file"}) for row in records),
        wrong=tuple(task.mistakes(answers, truths, context, len(records))),
        right=tuple(_right(task, row) for row in records) if "compare" in task.can else (),
        unsure_below=task.unsure_below(context),
    )


def _right(task: Task[Any], row: Mapping[str, str | float]) -> bool:
    """As `compare` reads it from predictions.csv, so that both count alike."""
    return task.recorded({name: str(value) for name, value in row.items()}).right


def recorded_rows(
    predictor: Predictor, names: Sequence[str], answers: Sequence[Answer], truths: Sequence[Truth]
) -> list[dict[str, str | float]]:
    """The lines of predictions.csv and validation.csv: file, truth and answer of every picture."""
    task, context = predictor.task, predictor.context
    return [
        {"file": name, **task.record(answer, truth, context)}
        for name, answer, truth in zip(names, answers, truths, strict=True)
    ]


def write_evaluation(
    folder: RunFolder,
    predictor: Predictor,
    evaluation: Evaluation,
    picture_of: Callable[[str], Picture],
    heat_of: HeatOf,
) -> None:
    """Write evaluation.json, predictions.csv and pictures of the worst mistakes, with their heat."""
    write_rows(folder, "predictions.csv", evaluation.records)
    folder.write_json(
        "evaluation.json",
        {
            "data": evaluation.data,
            "split": evaluation.split,
            **evaluation.to_json(),
            "mistakes": _mistakes(folder, predictor, evaluation, picture_of, heat_of),
        },
    )


def _mistakes(
    folder: RunFolder,
    predictor: Predictor,
    evaluation: Evaluation,
    picture_of: Callable[[str], Picture],
    heat_of: HeatOf,
) -> list[dict[str, str | float]]:
    """The worst mistakes for evaluation.json, their pictures written beside it."""
    (folder / "pictures").mkdir(exist_ok=True)
    for old in (folder / "pictures").glob("mistake-*"):
        old.unlink()
    found = []
    for number, drawn in enumerate(drawn_mistakes(predictor, evaluation, picture_of, heat_of), start=1):
        mistake = dict(evaluation.records[drawn.row])
        mistake["picture"] = f"pictures/mistake-{number:02}.png"
        write_bytes(folder / str(mistake["picture"]), drawn.png)
        if drawn.heat is not None:
            mistake["heat"] = f"pictures/mistake-{number:02}-heat.jpg"
            write_bytes(folder / str(mistake["heat"]), drawn.heat)
        found.append(mistake)
    return found


@dataclass(frozen=True, slots=True)
class DrawnMistake:
    """A wrong answer as a page shows it.

    Attributes:
        row: its place among the names.
        png: the picture, with answer and truth where they have a place in it.
        heat: a JPEG of what spoke for the answer, None where that says nothing.
    """

    row: int
    png: bytes
    heat: bytes | None


def drawn_mistakes(
    predictor: Predictor, evaluation: Evaluation, picture_of: Callable[[str], Picture], heat_of: HeatOf
) -> list[DrawnMistake]:
    """The worst `MISTAKES` wrong answers; `picture_of` reads a whole picture by its name."""
    answers, truths, task = evaluation.answers, evaluation.truths, predictor.task
    worst = evaluation.wrong[:MISTAKES]
    whole = [picture_of(evaluation.names[row]) for row in worst]
    heats = heat_of(predictor, whole, [answers[row] for row in worst])
    found = []
    for row, picture, heat in zip(worst, whole, heats, strict=True):
        drawn = task.draw(picture, answers[row], truths[row])
        png = picture_png(_thumbnail(picture)) if drawn is None else image_png(drawn)
        found.append(DrawnMistake(row, png, None if heat is None else jpeg(heat)))
    return found


def _thumbnail(picture: Picture) -> FittedPicture:
    from torchvision.transforms.v2 import functional as geometry

    height, width = picture.shape[1:]
    ratio = min(1.0, LARGEST_SIDE / max(height, width))
    if ratio == 1.0:
        return picture
    smaller: FittedPicture = geometry.resize(
        picture, [max(1, round(height * ratio)), max(1, round(width * ratio))]
    )
    return smaller
