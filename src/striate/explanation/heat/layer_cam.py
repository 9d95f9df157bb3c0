"""LayerCAM: every place of every channel has its own weight, so that earlier, finer layers can be read too.

Source: Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE
Transactions on Image Processing 2021, equations 6 to 8
"""

import torch

from striate.explanation.heat.gradients import layer_gradients
from striate.explanation.heat.question import Heat, Question


def layer_cam(question: Question) -> Heat:
    """Maps times their positive gradients, place by place, summed over the channels, rectified."""
    parts = [(gradients.clamp(min=0) * maps).sum(dim=1) for maps, gradients in layer_gradients(question)]
    return Heat(torch.cat(parts).clamp(min=0), {})
