"""Occlusion: a grey patch wanders over the picture, and heat is where the score falls under it.

Source: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
arXiv:1311.2901, section 4.2
Differs: the score is the logit, and a pixel's heat is the mean fall over the patches that cover it.
"""

import torch

from striate.events import Progress
from striate.explanation.heat.question import Heat, Question, Scores
from striate.shapes import Images

PATCHES = 6  # patches side by side would cover the picture's shorter side so many times
STEPS = 2  # steps a patch


def occlusion(question: Question) -> Heat:
    """The mean fall of the score over the patches that cover a pixel, where it falls."""
    height, width = question.images.shape[2:]
    side = max(1, min(height, width) // PATCHES)
    corners = [(top, left) for top in _starts(height, side) for left in _starts(width, side)]
    parts = []
    for row in range(len(question.images)):
        one = question.of(slice(row, row + 1))
        whole = _scores(one.repeated(1), one.images)
        fall, covered = torch.zeros(height, width), torch.zeros(height, width)
        for start in range(0, len(corners), question.batch):
            some = corners[start : start + question.batch]
            images = one.images.repeat(len(some), 1, 1, 1)
            for image, (top, left) in zip(images, some, strict=True):
                # The picture's mean colour: a patch that brings as little of its own as possible.
                grey = image.mean(dim=(1, 2), keepdim=True)
                image[:, top : top + side, left : left + side] = grey
            falls = (whole - _scores(one.repeated(len(some)), images)).tolist()
            for (top, left), value in zip(some, falls, strict=True):
                fall[top : top + side, left : left + side] += value
                covered[top : top + side, left : left + side] += 1
            done = row * len(corners) + start + len(some)
            question.on_event(Progress("occlusion", done, len(question.images) * len(corners), "patches"))
        parts.append((fall / covered).clamp(min=0))
    return Heat(torch.stack(parts), {})


def _starts(length: int, side: int) -> list[int]:
    """Where patches begin, so that both edges are covered."""
    last = length - side
    return sorted({*range(0, last, max(1, side // STEPS)), last})


def _scores(question: Question, images: Images) -> Scores:
    with torch.no_grad():
        logits = question.answer(images.contiguous(memory_format=torch.channels_last))
    return question.scores(logits.cpu())
