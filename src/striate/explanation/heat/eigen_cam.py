"""Eigen-CAM: what the last maps have most in common, their first principal component; it knows no class.

Source: Muhammad and Yeasin, "Eigen-CAM: Class Activation Map using Principal Components", IJCNN 2020,
arXiv:2008.00299, section III
Differs: channels are centred first, as pytorch-grad-cam has it. A principal component has no sign; here it is
the one that grows with the mean of the maps.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from striate.explanation.heat.question import Heat, Question
from striate.models.backbone import Map


def eigen_cam(question: Question) -> Heat:
    """The centred maps projected on the first principal direction of their channels, rectified."""
    parts = [principal_maps(reading.maps.detach()).clamp(min=0) for _, reading in question.readings()]
    return Heat(torch.cat(parts), {})


def principal_maps(maps: Map) -> Float[Tensor, "B h w"]:
    """The projection with its sign, above zero where the maps are larger than usual."""
    places = maps.flatten(2).transpose(1, 2)  # (B, h * w, C)
    centred = places - places.mean(dim=1, keepdim=True)
    direction = torch.linalg.svd(centred, full_matrices=False).Vh[:, :1]  # (B, 1, C)
    projected = (centred * direction).sum(dim=2)  # (B, h * w)
    spread = centred.mean(dim=2)  # of the mean of all channels, over the places
    sign = torch.where((projected * spread).sum(dim=1, keepdim=True) < 0, -1.0, 1.0)
    signed: Tensor = sign * projected
    return signed.view(-1, *maps.shape[2:])
