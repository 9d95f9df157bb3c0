"""Saliency: which pixels the class's score changes most with.

Source: Simonyan et al., "Deep Inside Convolutional Networks", arXiv:1312.6034, section 3
"""

import torch

from striate.explanation.heat.gradients import picture_gradients
from striate.explanation.heat.question import Heat, Question


def saliency(question: Question) -> Heat:
    """The largest size of the gradient among a pixel's channels."""
    parts = []
    for start in range(0, len(question.images), question.batch):
        images = question.images[start : start + question.batch]
        parts.append(picture_gradients(question, images, start).abs().amax(dim=1))
    return Heat(torch.cat(parts), {})
