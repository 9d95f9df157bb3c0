"""Grad-CAM beside the mistakes of a run's report: where the network saw what is not there."""

from collections.abc import Sequence

import torch
from PIL import Image

from striate.drawing.overlay import overlay
from striate.events import silent
from striate.explaining.explainer import Explainer
from striate.explaining.options import ExplainOptions
from striate.explanation.heat.enlarge import over_picture
from striate.explanation.heat.target_layer import NoMap
from striate.inference.predictor import Predictor
from striate.models.surgery.untouched import frozen
from striate.shapes import Picture
from striate.tasks.answers import Answer

SIDE = 320  # pixels of a picture's longer side on the page
LEAST_CELLS = 4  # of the map: a map of one place says nothing about where


def heat_of_mistakes(
    network: Predictor, pictures: Sequence[Picture], answers: Sequence[Answer]
) -> list[Image.Image | None]:
    """Each picture with the heat of its answer over it; None where that would say nothing.

    That is where the network has no map of several places, where an answer is none that a heat map can
    explain (`Task.question_of`), and where no place speaks for it.
    """
    nothing: list[Image.Image | None] = [None] * len(pictures)
    asked = [network.task.question_of(one) for one in answers]
    rows = [row for row, question in enumerate(asked) if question is not None]
    if not rows:
        return nothing
    try:
        explainer = Explainer.of(network, ExplainOptions(run=network, method="grad-cam"), silent)
    except NoMap:
        return nothing
    if explainer.layer is None or explainer.layer.shape[1] * explainer.layer.shape[2] < LEAST_CELLS:
        return nothing
    with frozen(network.module):
        question, logits = explainer.look([pictures[row] for row in rows], 0, silent)
        classes = torch.tensor([explainer.index(str(asked[row])) for row in rows], device=logits.device)
        maps = explainer.heat(question, classes, None).maps.cpu()
    sizes = [(pictures[row].shape[1], pictures[row].shape[2]) for row in rows]
    heats = over_picture(maps, [network.preprocessing.place(size_hw) for size_hw in sizes])
    drawn = {row: _drawn(pictures[row], heat) for row, heat in zip(rows, heats, strict=True)}
    return [drawn.get(row) for row in range(len(pictures))]


def _drawn(picture: Picture, heat: torch.Tensor) -> Image.Image | None:
    return overlay(picture, heat.numpy(), side=SIDE) if heat.max() > 0 else None
