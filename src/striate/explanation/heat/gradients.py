"""Gradients of the explained score: by a layer's maps, and by the picture."""

from collections.abc import Iterator

import torch

from striate.explanation.heat.question import Question
from striate.models.backbone import Map
from striate.shapes import Images


def layer_gradients(question: Question) -> Iterator[tuple[Map, Map]]:
    """The layer's maps and the score's gradient by them, (B, C, h, w) each, batch by batch.

    A map that the score does not depend on has a gradient of zeros.
    """
    for start, reading in question.readings():
        with torch.enable_grad():
            total = question.scores(reading.logits, start).sum()  # pictures do not see each other
        (gradients,) = torch.autograd.grad(total, reading.maps, retain_graph=True, materialize_grads=True)
        yield reading.maps.detach(), gradients


def picture_gradients(question: Question, images: Images, first: int = 0) -> Images:
    """The gradient, by each pixel, of the score of the pictures of the question from `first` on.

    Args:
        question: whose classes they are.
        images: (B, C, H, W), changed versions of these pictures.
        first: the row of the question that the first one belongs to.
    """
    pixels = images.detach().clone().requires_grad_()
    with torch.enable_grad():
        # A network may change its input in place, which must not be the leaf.
        total = question.scores(question.network(pixels.clone()), first).sum()
    (gradients,) = torch.autograd.grad(total, pixels, materialize_grads=True)
    return gradients
