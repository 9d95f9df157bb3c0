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
from striate.tasks.answers import Answer, Labelled

SIDE = 320  # pixels of a picture's longer side on the page
LEAST_CELLS = 4  # of the map: a map of one place says nothing about where


def heat_of_mistakes(
    network: Predictor, pictures: Sequence[Picture], answers: Sequence[Answer]
) -> list[Image.Image | None]:
    """Each picture with the heat of its class over it; None where that would say nothing.

    That is where the network has no map of several places, where answers are no classes, and where no place
    speaks for the class.
    """
    nothing: list[Image.Image | None] = [None] * len(pictures)
    labels = [one.label for one in answers if isinstance(one, Labelled)]
    if not labels:
        return nothing
    try:
        explainer = Explainer.of(network, ExplainOptions(run=network, method="grad-cam"), silent)
    except NoMap:
        return nothing
    if explainer.layer is None or explainer.layer.shape[1] * explainer.layer.shape[2] < LEAST_CELLS:
        return nothing
    with frozen(network.module):
        question, logits = explainer.look(list(pictures), 0, silent)
        classes = torch.tensor([explainer.index(label) for label in labels], device=logits.device)
        maps = explainer.heat(question, classes, None).maps.cpu()
    sizes = [(picture.shape[1], picture.shape[2]) for picture in pictures]
    heats = over_picture(maps, [network.preprocessing.place(size_hw) for size_hw in sizes])
    return [_drawn(picture, heat) for picture, heat in zip(pictures, heats, strict=True)]


def _drawn(picture: Picture, heat: torch.Tensor) -> Image.Image | None:
    return overlay(picture, heat.numpy(), side=SIDE) if heat.max() > 0 else None
