"""What a network is worth on decoded pictures with known labels, and how that is written into its run."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from striate.drawing.grid import picture_png
from striate.drawing.overlay import jpeg
from striate.inference.loading import Network
from striate.runs.answers import SavedAnswer, write_answers
from striate.runs.files import write_bytes
from striate.runs.folder import RunFolder
from striate.shapes import FittedPicture, Labels, Logits, Picture
from striate.tasks.classify.figures import ClassifierFigures, classifier_figures

# Of pictures and the classes that they were taken for: each with its heat, or None where that says nothing.
HeatOf = Callable[[Network, Sequence[Picture], Sequence[str]], list[Image.Image | None]]
MISTAKES = 12  # as pictures in the report
LARGEST_SIDE = 320  # pixels, of a picture that the report shows


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of a network on `names`, and every single answer.

    Attributes:
        data: where the pictures lie.
        split: test; validation where no test part could be made; all for a data set without parts.
        names: the pictures, (N,).
        scores: (N, K), not yet divided by the temperature.
        labels: (N,).
        seen_in_training: how many of them trained or selected the network; asked of other data sets only.
    """

    data: str
    split: str
    names: tuple[str, ...]
    scores: Tensor
    labels: Tensor
    figures: ClassifierFigures
    seen_in_training: int = 0

    @property
    def metrics(self) -> dict[str, Any]:
        """The metrics of `classify`."""
        return self.figures.metrics

    @property
    def per_class(self) -> dict[str, dict[str, Any]]:
        """Pictures, precision, recall and F1 of every class."""
        return self.figures.per_class


def evaluation_of(
    network: Network, data: str, split: str, names: Sequence[str], scores: Logits, labels: Labels
) -> Evaluation:
    """Figures from scores and labels."""
    figures = classifier_figures(scores, labels, network.labels, network.temperature)
    return Evaluation(data, split, tuple(names), scores, labels, figures)


def saved_answers(
    network: Network, names: Sequence[str], scores: Logits, labels: Labels
) -> list[SavedAnswer]:
    """Each picture's answer with its calibrated probability."""
    confidence, answers = torch.softmax(scores.double() / network.temperature, dim=1).max(dim=1)
    rows = zip(names, labels.tolist(), answers.tolist(), confidence.tolist(), strict=True)
    return [
        SavedAnswer(name, network.labels[truth], network.labels[answer], probability)
        for name, truth, answer, probability in rows
    ]


def write_evaluation(
    folder: RunFolder,
    network: Network,
    evaluation: Evaluation,
    picture_of: Callable[[str], Picture],
    heat_of: HeatOf,
) -> None:
    """Write evaluation.json, predictions.csv and pictures of the most confident mistakes, with their heat."""
    answers = saved_answers(network, evaluation.names, evaluation.scores, evaluation.labels)
    write_answers(folder, "predictions.csv", answers)
    wrong = [answer for answer in answers if not answer.right]
    worst = sorted(wrong, key=lambda answer: -answer.probability)[:MISTAKES]
    mistakes = [asdict(answer) for answer in worst]
    (folder / "pictures").mkdir(exist_ok=True)
    for old in (folder / "pictures").glob("mistake-*"):
        old.unlink()
    pictures = [_thumbnail(picture_of(str(mistake["file"]))) for mistake in mistakes]
    heats = heat_of(network, pictures, [str(mistake["predicted"]) for mistake in mistakes])
    for number, (mistake, picture, heat) in enumerate(zip(mistakes, pictures, heats, strict=True), start=1):
        mistake["picture"] = f"pictures/mistake-{number:02}.png"
        write_bytes(folder / str(mistake["picture"]), picture_png(picture))
        if heat is not None:
            mistake["heat"] = f"pictures/mistake-{number:02}-heat.jpg"
            write_bytes(folder / str(mistake["heat"]), jpeg(heat))
    folder.write_json(
        "evaluation.json",
        {
            "data": evaluation.data,
            "split": evaluation.split,
            "pictures": len(evaluation.names),
            "metrics": evaluation.metrics,
            "per_class": evaluation.per_class,
            "confusion": evaluation.figures.confusion,
            "calibration": evaluation.figures.calibration,
            "mistakes": mistakes,
        },
    )


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
