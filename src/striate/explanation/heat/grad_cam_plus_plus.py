"""Grad-CAM++: places with positive gradients count alone, so that several objects of a class all show.

Source: Chattopadhay et al., "Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks",
WACV 2018, arXiv:1710.11063, equations 5, 10 and 19
Differs: nothing; the exponential of the score that the paper differentiates scales a picture's whole map, and
so goes out with the division by its maximum.
"""

import torch

from striate.explanation.heat.gradients import layer_gradients
from striate.explanation.heat.question import Heat, Question

TINY = 1e-6  # keeps the ratio finite where both of its terms vanish


def grad_cam_plus_plus(question: Question) -> Heat:
    """As Grad-CAM, with weights that are sums of positive gradients, each place with its own coefficient."""
    parts = []
    for maps, gradients in layer_gradients(question):
        total = maps.sum(dim=(2, 3), keepdim=True)
        ratio = gradients**2 / (2 * gradients**2 + total * gradients**3 + TINY)  # equation 19
        coefficients = torch.where(gradients != 0, ratio, 0.0)
        weights = (coefficients * gradients.clamp(min=0)).sum(dim=(2, 3), keepdim=True)  # equation 5
        parts.append((weights * maps).sum(dim=1).clamp(min=0))
    return Heat(torch.cat(parts), {})
