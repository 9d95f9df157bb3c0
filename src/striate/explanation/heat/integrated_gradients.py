"""Integrated gradients: shares of the score for every pixel, along the way from a black picture to this one.

Source: Sundararajan et al., "Axiomatic Attribution for Deep Networks", ICML 2017, arXiv:1703.01365, section 3
Differs: the integral is Gauss and Legendre's. With EfficientNet-Lite0 and three photographs its 64 points
came within 6 % of completeness, where the sum of 64 middle points was off by 15 to 28 %.
"""

import numpy as np
import torch

from striate.events import Progress
from striate.explanation.heat.gradients import picture_gradients
from striate.explanation.heat.question import Heat, Question, Scores
from striate.shapes import Images

POINTS = 64


def integrated_gradients(question: Question) -> Heat:
    """The size of a pixel's share, summed over its channels.

    The figure `completeness` is the sum of all shares over what the score gained between the black picture
    and this one: 1 where the integral is exact.
    """
    nothing = question.nothing if question.nothing is not None else torch.zeros_like(question.images[0])
    places, weights = np.polynomial.legendre.leggauss(POINTS)
    along = torch.tensor((places + 1) / 2, dtype=torch.float32).view(-1, 1, 1, 1)
    weight = torch.tensor(weights / 2, dtype=torch.float32).view(-1, 1, 1, 1)
    parts, completeness = [], []
    for row, image in enumerate(question.images):
        one = question.of(slice(row, row + 1))
        way = nothing + along.to(image) * (image - nothing)
        mean = torch.zeros_like(image)
        for start in range(0, POINTS, question.batch):
            part = slice(start, start + question.batch)
            gradients = picture_gradients(one.repeated(POINTS), way[part], start)
            mean += (weight[part].to(image) * gradients).sum(dim=0)
        shares = (image - nothing) * mean
        ends = _scores(one.repeated(2), torch.stack([nothing, image]))
        gained = float(ends[1] - ends[0])
        completeness.append(float(shares.sum()) / gained if gained else float("nan"))
        parts.append(shares.abs().sum(dim=0))
        question.on_event(Progress("integrated-gradients", row + 1, len(question.images)))
    return Heat(torch.stack(parts), {"completeness": completeness})


def _scores(question: Question, images: Images) -> Scores:
    with torch.no_grad():
        return question.scores(question.answer(images))
