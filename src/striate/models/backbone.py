"""What detectors, transfer learning and Grad-CAM may rely on in every network of the catalogue."""

import contextlib
from typing import ClassVar, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.errors import StriateError
from striate.layers.radial_basis import RadialBasis, random_codes
from striate.shapes import Images

# A map inside a network. Channels and sizes change from map to map, so only B has a letter.
Map = Float[Tensor, "B _ _ _"]


@runtime_checkable
class Backbone(Protocol):
    """A network whose maps can be read and whose last layer can be replaced."""

    head: ClassVar[str]  # dotted name of the last layer with weights: Linear, 1x1 Conv2d or RadialBasis
    strides: ClassVar[tuple[int, ...]]  # input pixels from one cell to the next, one number a feature map

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps from fine to coarse; the last is what global pooling or flattening reads."""
        ...


def head_of(network: nn.Module) -> nn.Linear | nn.Conv2d | RadialBasis:
    """The layer that makes the outputs.

    Raises:
        StriateError: the network does not say which layer that is.
    """
    name = getattr(network, "head", None)
    layer = None
    if isinstance(name, str):
        with contextlib.suppress(AttributeError):  # no such layer
            layer = network.get_submodule(name)
    if not isinstance(layer, nn.Linear | nn.Conv2d | RadialBasis):
        raise StriateError(
            f"{type(network).__name__} does not say which layer makes its outputs; set the class attribute "
            "`head` to the dotted name of its last Linear or 1x1 Conv2d, such as head = 'classifier.1'."
        )
    return layer


def head_names(network: nn.Module) -> list[str]:
    """Dotted names of all layers that make outputs: `head`, then the last layers of auxiliary heads.

    A network that has auxiliary heads (see auxiliary.py) names these layers in its class attribute
    `auxiliary_heads`.
    """
    return [str(network.head), *getattr(network, "auxiliary_heads", ())]


def head_parameter_names(network: nn.Module) -> set[str]:
    """Names of the parameters of all heads as `network.named_parameters()` has them.

    Fixed codes have none; then it is the layer before them that learns the classes.
    """
    heads = head_names(network)
    if isinstance(head_of(network), RadialBasis):
        heads = [[name for name, _ in network.named_parameters()][-1].rpartition(".")[0]]
    return {name for name, _ in network.named_parameters() if name.rpartition(".")[0] in heads}


def replace_head(network: nn.Module, num_classes: int, generator: torch.Generator | None = None) -> None:
    """Give the network a fresh last layer for other classes; everything before it stays.

    The layer keeps its kind, device and precision. A head with one output (one logit for two
    classes) keeps one output for two classes. Radial basis outputs get fresh random codes, auxiliary heads
    fresh last layers.

    Args:
        network: changed in place.
        num_classes: how many classes the new head tells apart.
        generator: draws the new weights, on the CPU; None is torch's global generator.
    """
    if num_classes < 1:
        raise StriateError(f"a head for {num_classes} classes is not possible; give 1 or more.")
    if isinstance(old := head_of(network), RadialBasis):
        codes = random_codes(num_classes, old.in_features, generator).to(old.weight)
        network.set_submodule(str(network.head), RadialBasis(codes).train(old.training))
        return
    for name in head_names(network):
        layer = network.get_submodule(name)
        assert isinstance(layer, nn.Linear | nn.Conv2d)
        network.set_submodule(name, _fresh(layer, num_classes, generator))


def _fresh(
    old: nn.Linear | nn.Conv2d, num_classes: int, generator: torch.Generator | None
) -> nn.Linear | nn.Conv2d:
    before = old.out_features if isinstance(old, nn.Linear) else old.out_channels
    outputs = 1 if before == 1 and num_classes == 2 else num_classes
    fresh: nn.Linear | nn.Conv2d
    # The meta device keeps the constructor from drawing numbers that the caller's generator should draw.
    if isinstance(old, nn.Linear):
        fresh = nn.Linear(old.in_features, outputs, device="meta")
    else:
        fresh = nn.Conv2d(old.in_channels, outputs, kernel_size=1, device="meta")
    fresh.to_empty(device="cpu")
    initialise_head(fresh, generator)
    return fresh.to(device=old.weight.device, dtype=old.weight.dtype).train(old.training)


def initialise_head(layer: nn.Linear | nn.Conv2d, generator: torch.Generator | None = None) -> None:
    """Small weights and no bias: untrained, all classes are nearly equally probable.

    The spread is that of torchvision's SqueezeNet classifier, normal with standard deviation 0.01.
    """
    nn.init.normal_(layer.weight, std=0.01, generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
