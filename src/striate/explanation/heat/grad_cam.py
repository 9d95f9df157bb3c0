"""Grad-CAM: every channel of the last map counts as much as the class's score rises with it on average.

Source: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization",
ICCV 2017, arXiv:1610.02391, equations 1 and 2
"""

import torch

from striate.explanation.heat.gradients import layer_gradients
from striate.explanation.heat.question import Heat, Question


def grad_cam(question: Question) -> Heat:
    """Maps weighted by their mean gradient, summed over the channels, rectified."""
    parts = []
    for maps, gradients in layer_gradients(question):
        weights = gradients.mean(dim=(2, 3), keepdim=True)  # equation 1
        parts.append((weights * maps).sum(dim=1).clamp(min=0))  # equation 2
    return Heat(torch.cat(parts), {})
