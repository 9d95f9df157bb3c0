"""What a drawing of a network needs, as plain values: totals, rows, blocks and the arrows between them."""

from typing import Any

from striate.anatomy.anatomy import Anatomy
from striate.anatomy.explain import describe, explain, shape_text
from striate.anatomy.layer import Layer
from striate.anatomy.uncounted import SO_AT_LEAST, uncounted

SIGNS = {"add": "+", "sub": "\u2212", "mul": "\u00d7", "cat": "\u2225"}
FAMILIES = (  # what a kind's name contains, and the colour it gets
    ("conv", "conv"),
    ("pool", "pool"),
    ("mean", "pool"),
    ("linear", "dense"),
    ("gemm", "dense"),
    ("matmul", "dense"),
)


def page_values(anatomy: Anatomy) -> dict[str, Any]:
    """All that the page shows: `model`, `input`, `figures`, `rows`, `blocks`, `symbols` and `not_counted`."""
    training, missing = anatomy.training, uncounted(anatomy)
    return {
        "model": anatomy.model,
        "input": shape_text(anatomy.input),
        "not_counted": missing and f"{missing}; {SO_AT_LEAST}",
        "figures": {
            "parameters": anatomy.parameters,
            "trainable": anatomy.trainable_parameters,
            "multiply_adds": anatomy.multiply_adds,
            "operations": anatomy.operations,
            "values": anatomy.forward_values,
            "unused": sum(anatomy.unused.values()),
            "training_picture": training and training.picture,
            "training_fixed": training and training.fixed,
        },
        "rows": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "shape": shape_text(layer.output),
                "parameters": layer.parameters,
                "multiply_adds": layer.multiply_adds,
                "bytes": layer.bytes,
                "field": _field(layer),
            }
            for layer in anatomy.layers
        ],
        "blocks": blocks_of(anatomy),
        "symbols": anatomy.explain().symbols,
    }


def blocks_of(anatomy: Anatomy) -> list[dict[str, Any]]:
    """What the page's script draws: blocks, each a layer with what works on its output in place, and arrows.

    Activation functions, dropout and batch normalisation stand in the block of a layer that only they read.
    """
    readers: dict[str, int] = {}
    for layer in anatomy.layers:
        for name in layer.inputs:
            readers[name] = readers.get(name, 0) + 1
    place: dict[str, int] = {"input": 0}
    blocks: list[dict[str, Any]] = [_picture(anatomy)]
    for layer in anatomy.layers:
        alone = len(layer.inputs) == 1 and readers[layer.inputs[0]] == 1 and layer.inputs[0] != "input"
        if alone and layer.bytes == 0 and layer.output == layer.input:
            place[layer.name] = place[layer.inputs[0]]
            blocks[place[layer.name]]["layers"].append(_layer(anatomy, layer))
            continue
        place[layer.name] = len(blocks)
        blocks.append(
            {
                "path": layer.name.split("."),
                "shape": list(layer.output),
                "family": _family(layer),
                "sign": SIGNS.get(layer.kind, ""),
                "inputs": sorted({place[name] for name in layer.inputs}),
                "layers": [_layer(anatomy, layer)],
            }
        )
    return blocks


def _picture(anatomy: Anatomy) -> dict[str, Any]:
    told = {"name": "input", "told": "the picture", "short": "the picture", "lines": []}
    shape = list(anatomy.input)
    return {
        "path": ["input"],
        "shape": shape,
        "family": "picture",
        "sign": "",
        "inputs": [],
        "layers": [told],
    }


def _layer(anatomy: Anatomy, layer: Layer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "told": describe(layer),
        "short": _short(layer),
        "lines": [list(line) for line in explain(anatomy.by_name, layer)],  # figure, numbers, formula
    }


def _short(layer: Layer) -> str:
    """What fits under a block: `3x3, stride 2`, `ReLU`, `BN`."""
    if "BatchNorm" in layer.kind:
        return "BN"
    arithmetic = layer.arithmetic
    if arithmetic is None or not arithmetic.windows:
        return layer.kind.replace("relu", "ReLU")
    text = shape_text(tuple(window.kernel for window in arithmetic.windows))
    if any(window.dilation > 1 for window in arithmetic.windows):
        text += f", dilation {arithmetic.windows[0].dilation}"
    elif any(window.stride > 1 for window in arithmetic.windows):
        text += f", stride {arithmetic.windows[0].stride}"
    if arithmetic.groups > 1:
        text += (
            ", depthwise" if arithmetic.groups == arithmetic.before[0] else f", {arithmetic.groups} groups"
        )
    return text


def _family(layer: Layer) -> str:
    kind = layer.kind.lower()
    return next((family for part, family in FAMILIES if part in kind), "other")


def _field(layer: Layer) -> str:
    if layer.receptive_field is None:
        return "not known"
    return "all" if layer.whole_picture else shape_text(layer.receptive_field)
