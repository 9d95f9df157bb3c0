"""A network without its head: pictures in, out comes what the head reads. Found by running it, not by name."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.errors import StriateError
from striate.layers.radial_basis import RadialBasis
from striate.models.backbone import head_of
from striate.shapes import Images


class Trunk(nn.Module):
    """All of a network that comes before its head; shares the network's layers and needs its eval mode.

    A head that is a 1x1 convolution reads a map; of that the trunk gives the mean over all places, which such
    a head turns into the mean of its outputs.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Images) -> Float[Tensor, "B D"]:
        """What the head of the network reads of each picture."""
        read = read_by(head_of(self.network), self.network, images)
        return read.mean(dim=(2, 3)) if read.ndim == 4 else read.flatten(1)


def read_by(layer: nn.Module, network: nn.Module, images: Images) -> Tensor:
    """What `layer` reads while `network` answers for `images`."""
    caught: list[Tensor] = []

    def catch(_: nn.Module, inputs: Any) -> None:
        caught.append(inputs[0])

    handle = layer.register_forward_pre_hook(catch)
    try:
        network(images)
    finally:
        handle.remove()
    return caught[0]


def require_linear_head(network: nn.Module) -> nn.Linear | nn.Conv2d:
    """The head, if its outputs are a linear function of what it reads.

    Raises:
        StriateError: the outputs are distances to fixed codes.
    """
    head = head_of(network)
    if isinstance(head, RadialBasis):
        raise StriateError(
            f"{type(network).__name__} answers with distances to fixed codes, which nothing can be fitted to; "
            "train it with --transfer finetune or scratch."
        )
    return head


@torch.no_grad()
def set_linear_head(
    network: nn.Module, weight: Float[Tensor, "K D"], bias: Float[Tensor, " K"], images: Images
) -> None:
    """Write a linear classifier of the trunk's outputs into the network's head, in place.

    A head with one output gets the difference of the two classes. A convolution is followed by a rectifier in
    some networks: all its biases get the same constant, which softmax does not see, so that nothing is cut
    off for `images`, with half as much again to spare.

    Args:
        network: in eval mode.
        weight: a row a class.
        bias: one a class.
        images: some pictures as the network reads them.
    """
    head = require_linear_head(network)
    if head.weight.shape[0] == 1:
        weight, bias = weight[1:] - weight[:1], bias[1:] - bias[:1]
    head.weight.copy_(weight.reshape(head.weight.shape))
    assert head.bias is not None
    head.bias.copy_(bias)
    if isinstance(head, nn.Conv2d):
        lowest = head(read_by(head, network, images)).min()
        head.bias.add_(1.5 * torch.relu(-lowest))


def head_scores(network: nn.Module, features: Float[Tensor, "B D"]) -> Float[Tensor, "B K"]:
    """What the head makes of a trunk's outputs; the head may be on another device."""
    head = require_linear_head(network)
    read = features.to(head.weight)
    scores: Tensor = head(read[:, :, None, None]).flatten(1) if isinstance(head, nn.Conv2d) else head(read)
    return scores.to(features.device)
