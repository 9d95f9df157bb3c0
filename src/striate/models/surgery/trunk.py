"""A network without its head: pictures in, what the head reads out. Found by running it, not by its name."""

from copy import deepcopy
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.errors import StriateError
from striate.layers.radial_basis import RadialBasis
from striate.models.backbone import head_of
from striate.shapes import Images


class Trunk(nn.Module):
    """All of a network that comes before its head, as it is now, in eval mode.

    A head that is a 1x1 convolution reads a map; of that the trunk gives the mean over all places, which such
    a head turns into the mean of its outputs.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = deepcopy(network)
        self.network.set_submodule(cut_name(network), nn.Identity())
        self.cut = cut_name(network)
        self.eval()

    def forward(self, images: Images) -> Float[Tensor, "B D"]:
        """What the head of the network reads of each picture."""
        read = read_by(self.network.get_submodule(self.cut), self.network, images)
        return read.mean(dim=(2, 3)) if read.ndim == 4 else read.flatten(1)


def cut_name(network: nn.Module) -> str:
    """The dotted name of what a trunk lacks: the last layer, or the dense head in its place."""
    require_linear_head(network)
    return str(getattr(network, "cut", network.head))


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
    """The last layer, if its outputs are a linear function of what it reads.

    Raises:
        StriateError: the outputs are distances to fixed codes.
    """
    head = head_of(network)
    if isinstance(head, RadialBasis):
        raise StriateError(
            f"{type(network).__name__} answers with distances to fixed codes, so no head can be fitted; "
            "train it with --recipe transfer."
        )
    return head


@torch.no_grad()
def set_linear_head(network: nn.Module, weight: Float[Tensor, "K D"], bias: Float[Tensor, " K"]) -> None:
    """Write a linear classifier of the trunk's outputs into the network's last layer, in place.

    A head with one output gets the difference of the two classes.
    """
    head = require_linear_head(network)
    if head.weight.shape[0] == 1:
        weight, bias = weight[1:] - weight[:1], bias[1:] - bias[:1]
    head.weight.copy_(weight.reshape(head.weight.shape))
    assert head.bias is not None
    head.bias.copy_(bias)


@torch.no_grad()
def lift_scores(network: nn.Module, images: Images) -> None:
    """Give the biases of a convolutional head one constant, so that no score of `images` is negative.

    In some networks a rectifier follows that convolution and would cut scores off; softmax does not see
    the constant, which leaves half as much again to spare. Other heads stay as they are.

    Args:
        network: in eval mode; changed in place.
        images: some pictures as the network reads them.
    """
    head = require_linear_head(network)
    if isinstance(head, nn.Conv2d) and head.bias is not None and head.out_channels > 1:
        head.bias.add_(1.5 * torch.relu(-head(read_by(head, network, images)).min()))


def head_scores(network: nn.Module, features: Float[Tensor, "B D"]) -> Float[Tensor, "B K"]:
    """What the head makes of a trunk's outputs."""
    name = cut_name(network)
    head = network.get_submodule(name)
    read = features[:, :, None, None] if isinstance(require_linear_head(network), nn.Conv2d) else features
    scores: Tensor = head(read)
    return scores.flatten(1)
