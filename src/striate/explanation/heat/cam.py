"""CAM: where the head is a pooling and one dense layer, its weights say directly which map means which class.

Source: Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016, arXiv:1512.04150,
section 2
Differs: also for heads of a 1x1 convolution and a pooling (Network in Network, SqueezeNet), whose own output
the map then is. Negative evidence is left out, as Grad-CAM does.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.errors import StriateError
from striate.explanation.heat.question import Heat, Question
from striate.explanation.heat.target_layer import Reading
from striate.models.backbone import Backbone, Map, head_of
from striate.shapes import Logits

ClassMaps = Float[Tensor, "B K h w"]


def cam(question: Question) -> Heat:
    """The head's weights of the class over the last map.

    Raises:
        StriateError: the head is something else, so that no weights say which map means which class.
    """
    parts = []
    for start, reading in question.readings():
        maps = _class_maps(question.network, reading)
        places = maps.flatten(2).unbind(2)  # what the score would be if every place looked like this one
        scores = torch.stack([question.scores(place, start) for place in places], dim=1)
        parts.append(scores.view(-1, *maps.shape[2:]).clamp(min=0))
    return Heat(torch.cat(parts), {})


def _class_maps(network: nn.Module, reading: Reading) -> ClassMaps:
    """A map for every class, without the head's bias, if the logits are what pooling these maps gives."""
    head = head_of(network) if isinstance(network, Backbone) else _last_layer(network)
    maps, logits = reading.maps.detach(), reading.logits.detach()
    if isinstance(head, nn.Linear | nn.Conv2d) and head.weight[0].numel() == maps.shape[1]:
        each = torch.einsum("kc,bchw->bkhw", head.weight.detach().flatten(1), maps)
        shift = 0 if head.bias is None else head.bias.detach().view(-1, 1, 1)
        if any(_same(pooled, logits) for pooled in _pooled(each + shift)):
            return each
    raise StriateError(
        f"cam needs a head that is global average pooling and one dense layer; that of "
        f"{type(network).__name__} is not. Take --method grad-cam, which equals cam where cam is possible."
    )


def _pooled(maps: ClassMaps) -> list[Logits]:
    """The logits that class maps give if they are averaged, plain or rectified first (SqueezeNet)."""
    return [maps.mean(dim=(2, 3)), maps.clamp(min=0).mean(dim=(2, 3))]


def _same(found: Logits, logits: Map | Logits) -> bool:
    scale = float(logits.abs().max())
    return found.shape == logits.shape and bool((found - logits).abs().max() <= 1e-3 * scale + 1e-5)


def _last_layer(network: nn.Module) -> nn.Module | None:
    layers = [module for module in network.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
    return layers[-1] if layers else None
