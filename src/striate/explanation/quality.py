"""How good a heat map is: does the answer go with the hottest pixels, and are they on the object?

Source: Petsiuk et al., "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018,
arXiv:1806.07421, section 4.2 (deletion, insertion); Zhang et al., "Top-down Neural Attention by Excitation
Backprop", ECCV 2016, arXiv:1608.00507, section 4.1 (pointing game)
Differs: 28 steps a picture; no tolerance of 15 pixels around an object.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torchvision.transforms.v2 import functional as geometry

from striate.explanation.heat.question import Question, class_probabilities
from striate.shapes import Images

STEPS = 28
BLUR = (11, 5.0)  # side and standard deviation, in pixels, of what insertion begins with

Heats = Float[Tensor, "B H W"]
Masks = Bool[Tensor, "B H W"]
Curves = Float[Tensor, "B points"]
Figures = Float[Tensor, " B"]


def deletion(question: Question, heats: Heats, steps: int = STEPS) -> Curves:
    """The class's probability while the hottest pixels turn black, from none to all: `steps` + 1 points.

    Args:
        question: the pictures and classes.
        heats: at the size of the network's input.
        steps: equal shares of all pixels.
    """
    assert question.nothing is not None
    return _exchanged(question, heats, question.images, question.nothing.expand_as(question.images), steps)


def insertion(question: Question, heats: Heats, steps: int = STEPS) -> Curves:
    """The class's probability while the hottest pixels become sharp in a blurred picture, as `deletion`."""
    side, sigma = BLUR
    blurred = geometry.gaussian_blur(question.images, [side, side], [sigma, sigma])
    return _exchanged(question, heats, blurred, question.images, steps)


def area(curves: Curves) -> Figures:
    """The area under each curve over [0, 1], by trapezoids: low is good for deletion, high for insertion."""
    return (curves[:, :-1] + curves[:, 1:]).mean(dim=1) / 2


def points_inside(heats: Heats, masks: Masks) -> Bool[Tensor, " B"]:
    """Whether the hottest pixel, the first of equals, lies on the object."""
    hottest = heats.flatten(1).argmax(dim=1, keepdim=True)
    return masks.flatten(1).gather(1, hottest)[:, 0]


def share_inside(heats: Heats, masks: Masks) -> Figures:
    """The share of a picture's heat that lies on the object; 0 where there is no heat."""
    inside = (heats * masks).sum(dim=(1, 2))
    return inside / heats.sum(dim=(1, 2)).clamp(min=1e-30)


def _exchanged(question: Question, heats: Heats, before: Images, after: Images, steps: int) -> Curves:
    """Probabilities while pixels of `before` are exchanged for those of `after`, hottest first."""
    curves = []
    for row, heat in enumerate(heats):
        order = heat.flatten().argsort(descending=True, stable=True)
        rank = torch.empty_like(order)
        rank[order] = torch.arange(len(order), device=order.device)
        counts = torch.linspace(0, len(order), steps + 1, device=order.device).round()
        exchanged = (rank.view(1, *heat.shape) < counts.view(-1, 1, 1))[:, None]  # (steps + 1, 1, H, W)
        points = []
        for part in torch.split(exchanged, question.batch):
            images = torch.where(part, after[row], before[row]).contiguous(memory_format=torch.channels_last)
            with torch.no_grad():
                logits = question.answer(images)
            points.append(class_probabilities(logits, question.classes[row].expand(len(logits))))
        curves.append(torch.cat(points))
    return torch.stack(curves)
