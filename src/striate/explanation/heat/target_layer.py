"""Which layer a class heat map reads, found from the network's structure; and reading it.

A network of the catalogue says itself which map its pooling or flattening reads (`feature_maps(images)[-1]`);
the layer is the outermost module that puts this map out. In any other network it is the last module whose
output is a map of more than one place, comes before the layer that makes the outputs, and through which every
way from the picture to the outputs leads.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from striate.errors import StriateError, UnknownName
from striate.models.backbone import Backbone, Map
from striate.models.surgery.untouched import in_eval_mode
from striate.shapes import Images, Logits

IDLE = (nn.Identity, nn.Dropout, nn.Dropout2d)  # in evaluation they hand on what they get


class NoMap(StriateError):
    """A network without a map that pooling or flattening reads: nothing to lay heat on."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A module that puts out a map.

    Attributes:
        name: dotted, as in `named_modules()`.
        call: which of the module's calls for one batch, from 0; a module may be used several times.
        shape: of the map of one picture: channels, height, width.
    """

    name: str
    call: int
    shape: tuple[int, int, int]


class Reading(NamedTuple):
    """A layer's maps, from which gradients can be asked, and the logits that came of them."""

    maps: Map
    logits: Logits


class _Call(NamedTuple):
    name: str
    number: int
    output: Tensor
    node: Any  # the output's node in autograd's graph when the module returned it
    weighs: bool  # whether the module itself is a convolution or a dense layer


def find_layer(network: nn.Module, images: Images, name: str | None = None) -> Layer:
    """The layer whose maps explain the outputs, or the one that is asked for.

    Args:
        network: any module from images to logits; left as it was.
        images: one is enough; (B, C, H, W) as the network reads them.
        name: dotted, of a layer; None is the last map before global pooling or flattening.

    Raises:
        NoMap: the network has no convolutional map.
        StriateError: no layer of that name, or what it puts out is no map.
    """
    with in_eval_mode(network):
        if name is not None:
            return _named(network, images[:1], name)
        if isinstance(network, Backbone):
            return _of_backbone(network, images[:1])
        return _of_structure(network, images[:1])


def read_layer(network: nn.Module, layer: Layer, images: Images) -> Reading:
    """The layer's maps (B, C, h, w) and the network's logits (B, K).

    Only what comes after the layer is recorded for gradients: nothing before it is kept or computed twice.
    The network should be in evaluation mode.
    """
    found: list[Tensor] = []
    calls = 0

    def keep(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor | None:
        nonlocal calls
        calls += 1
        if calls != layer.call + 1:
            return None
        torch.set_grad_enabled(True)  # `no_grad` below ends with the call of the network
        found.append(output.detach().requires_grad_())
        return found[0].clone()  # what follows may change it in place

    handle = network.get_submodule(layer.name).register_forward_hook(keep)
    try:
        with torch.no_grad():
            logits = network(images)
    finally:
        handle.remove()
    return Reading(found[0], logits)


def _named(network: nn.Module, images: Images, name: str) -> Layer:
    names = [known for known, _ in network.named_modules() if known]
    if name not in names:
        raise UnknownName("layer", name, names, f"The last ones are {', '.join(names[-5:])}.")
    with _calls(network) as calls, torch.no_grad():
        network(images)
    found = [call for call in calls if call.name == name]
    if not found or found[-1].output.ndim != 4:
        what = f"puts out {_shape(found[-1].output)}" if found else "is not used in evaluation"
        maps = [call.name for call in calls if call.output.ndim == 4]
        raise StriateError(
            f"layer {name} {what}; a heat map needs one that puts out maps, such as {', '.join(maps[-3:])}."
        )
    return _layer(found[-1])


def _of_backbone(network: nn.Module, images: Images) -> Layer:
    assert isinstance(network, Backbone)
    with _calls(network) as calls, torch.no_grad():
        last = network.feature_maps(images)[-1]
    found = [call for call in calls if call.output is last]
    if not found or last is images:
        raise NoMap(_no_map(network))
    return _layer(found[-1])  # the outermost one returns last


def _of_structure(network: nn.Module, images: Images) -> Layer:
    images = images.detach().clone().requires_grad_()
    with _calls(network) as calls, torch.enable_grad():
        logits = network(images.clone())  # a network may change its input in place
    if not isinstance(logits, Tensor) or logits.ndim != 2 or logits.grad_fn is None:
        raise StriateError(
            f"{type(network).__name__} does not give one row of scores a picture that a gradient leads to; "
            "explain a classifier."
        )
    weighing = [place for place, call in enumerate(calls) if call.weighs]
    between = calls[weighing[0] : weighing[-1]] if weighing else []  # the last one makes the outputs
    for call in reversed(between):
        if call.output.ndim != 4 or call.output.shape[2:].numel() == 1 or call.node is None:
            continue
        reached = _nodes_behind(logits.grad_fn, call.node)
        if call.node in reached and not any(_is_source(node, images) for node in reached):
            return _layer(call)
    raise NoMap(_no_map(network))


def _nodes_behind(start: Any, barrier: Any) -> set[Any]:
    """The nodes of autograd's graph that are reached from the outputs without passing `barrier`."""
    seen, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        if node is barrier:
            continue
        for following, _ in node.next_functions:
            if following is not None and following not in seen:
                seen.add(following)
                waiting.append(following)
    return seen


def _is_source(node: Any, images: Tensor) -> bool:
    return getattr(node, "variable", None) is images


@contextmanager
def _calls(network: nn.Module) -> Iterator[list[_Call]]:
    """Every call of every module inside that returns a tensor, in the order in which they return."""
    calls: list[_Call] = []
    counts: dict[str, int] = {}

    def record(name: str, module: nn.Module, output: Any) -> None:
        if isinstance(output, Tensor):
            number = counts[name] = counts.get(name, -1) + 1
            weight = getattr(module, "weight", None)
            weighs = isinstance(weight, Tensor) and weight.ndim > 1
            calls.append(_Call(name, number, output, output.grad_fn, weighs))

    handles = [
        module.register_forward_hook(lambda module, _, output, name=name: record(name, module, output))
        for name, module in network.named_modules()
        if name and not isinstance(module, IDLE)
    ]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def _layer(call: _Call) -> Layer:
    channels, height, width = call.output.shape[1:]
    return Layer(call.name, call.number, (channels, height, width))


def _no_map(network: nn.Module) -> str:
    return (
        f"{type(network).__name__} has no map before its outputs, so no layer for a class heat map; take "
        "--method saliency, integrated-gradients or occlusion, which look at pixels."
    )


def _shape(tensor: Tensor) -> str:
    return "x".join(str(side) for side in tensor.shape[1:]) or "one number a picture"
