"""The page of `striate inspect --html`: the network drawn to scale, with the arithmetic of every layer."""

import json
from typing import Any

from markupsafe import Markup

from striate.anatomy.anatomy import Anatomy, Layer
from striate.anatomy.explain import describe, explain, shape_text
from striate.reports.page import render

SIGNS = {"add": "+", "sub": "\u2212", "mul": "\u00d7", "cat": "\u2225"}
FAMILIES = (  # what a kind's name contains, and the colour it gets
    ("conv", "conv"),
    ("pool", "pool"),
    ("mean", "pool"),
    ("linear", "dense"),
    ("gemm", "dense"),
    ("matmul", "dense"),
)


def inspect_html(anatomy: Anatomy) -> str:
    """The page as a text; the same network gives the same bytes."""
    values = {
        "model": anatomy.model,
        "input": shape_text(anatomy.input),
        "anatomy": anatomy,
        "training": anatomy.training,
        "layers": [
            {"layer": layer, "shape": shape_text(layer.output), "field": _field(layer)}
            for layer in anatomy.layers
        ],
        "network": Markup(_as_json(drawing(anatomy))),
    }
    return render("inspect.html.j2", values, script="inspect.js", extra_style="inspect.css")


def drawing(anatomy: Anatomy) -> dict[str, Any]:
    """What the page's script draws: blocks, each a layer with what works on its output in place, and arrows.

    Activation functions, dropout and batch normalisation that are the only readers of a layer stand in its block.
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
    return {"blocks": blocks}


def _picture(anatomy: Anatomy) -> dict[str, Any]:
    told = {"name": "input", "kind": "picture", "told": "the picture", "lines": []}
    shape = list(anatomy.input)
    return {"path": ["input"], "shape": shape, "family": "picture", "sign": "", "inputs": [], "layers": [told]}


def _layer(anatomy: Anatomy, layer: Layer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "kind": layer.kind,
        "told": describe(layer),
        "parameters": layer.parameters,
        "multiply_adds": layer.multiply_adds,
        "lines": [list(line) for line in explain(anatomy, layer)],
    }


def _family(layer: Layer) -> str:
    kind = layer.kind.lower()
    return next((family for part, family in FAMILIES if part in kind), "other")


def _field(layer: Layer) -> str:
    if layer.receptive_field is None:
        return "not known"
    return "all" if layer.whole_picture else shape_text(layer.receptive_field)


def _as_json(value: Any) -> str:
    """JSON inside a script element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
