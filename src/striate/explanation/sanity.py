"""The sanity check: a heat map that stays as it is when the weights are random explains no network.

Source: Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, arXiv:1810.03292, section 3
Differs: the numbers of each tensor change places, which keeps their spread, instead of being drawn anew; the
cascade has two steps, the head alone and all layers.
"""

import copy
import math
from typing import Literal

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor, nn

from striate.models.backbone import Backbone, head_parameter_names

Part = Literal["head", "network"]
PARTS: tuple[Part, ...] = ("head", "network")


def randomised(network: nn.Module, part: Part, seed: int = 0) -> nn.Module:
    """A copy whose weights, of the head or of all layers, have changed places within their tensors."""
    copied = copy.deepcopy(network)
    generator = torch.Generator().manual_seed(seed)
    chosen = _head(copied) if part == "head" else {name for name, _ in copied.named_parameters()}
    with torch.no_grad():
        for name, parameter in copied.named_parameters():
            if name in chosen:
                places = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
                parameter.copy_(parameter.flatten()[places].view_as(parameter))
    return copied


def similarity(first: Float[Tensor, "h w"], second: Float[Tensor, "h w"]) -> float:
    """Spearman's rank correlation of two maps, -1 to 1; 0 where one of them is the same everywhere."""
    if first.min() == first.max() or second.min() == second.max():
        return 0.0
    found = float(stats.spearmanr(first.flatten().numpy(), second.flatten().numpy()).statistic)
    return 0.0 if math.isnan(found) else found


def _head(network: nn.Module) -> set[str]:
    if isinstance(network, Backbone):
        return head_parameter_names(network)
    last = [name for name, layer in network.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d)][-1]
    return {f"{last}.weight", f"{last}.bias"}
