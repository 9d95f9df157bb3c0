"""`explain --method activations`: every convolution and pooling layer's channels for a picture."""

from collections.abc import Iterator

import torch
from PIL import Image

from striate.drawing.channel_grid import Tile, map_image, picture_image, tile_grid
from striate.drawing.course_figure import Curve, course_figure
from striate.drawing.figure import Heading
from striate.drawing.palette import EMPTY
from striate.errors import StriateError
from striate.events import Listener
from striate.explaining.explanation import Explanation
from striate.explaining.options import ExplainOptions
from striate.explaining.pages.page import ExplainedPage, Figures
from striate.explaining.pages.pages_of_pictures import Told, pages_of_pictures
from striate.explanation.channels.activations import LayerMaps, activations_of, layer_called
from striate.explanation.channels.channel_response import require_channels
from striate.inference.predictor import Predictor
from striate.reports.words import short
from striate.shapes import Picture

SHOWN = 64  # channels of a layer, the strongest; all of them where one layer is asked for


def explain_activations(options: ExplainOptions, on_event: Listener) -> Iterator[ExplainedPage | Explanation]:
    """A page for each picture: the share of zeros over the layers, then a grid of channels a layer."""
    if options.images is None:
        raise StriateError("activations are a network's answer to a picture; name one.")
    if options.channel is not None and options.layer is None:
        raise StriateError("--channel is one of a layer's; name the layer with --layer.")

    def page(network: Predictor, picture: Picture, name: str) -> ExplainedPage:
        return activations_page(network, picture, name, options.layer, options.channel)

    return pages_of_pictures(options, on_event, page)


def activations_page(
    network: Predictor, picture: Picture, name: str, layer: str | None = None, channel: int | None = None
) -> ExplainedPage:
    """What a network's layers answer to a picture at its size.

    Args:
        name: of the picture.
        layer: only this one, all of its channels, with its maps as an array.
        channel: only this one, large.
    """
    layers = activations_of(network.module, network.preprocessing.normalise(picture[None]))
    if not layers:
        raise StriateError(f"{network.name} has no convolution and no pool, so there are no maps to show.")
    told = Told.of(network, picture, name)
    chosen = layers if layer is None else [layer_called(layers, layer)]
    if channel is not None:
        require_channels(chosen[0].name, [channel], len(chosen[0].maps))

    def draw() -> Figures:
        if channel is not None:
            drawn = _large(network.name, chosen[0], channel, picture, told.line)
            return {f"{chosen[0].name}-{channel}": drawn}
        figures = {} if layer is not None else {"zeros": zeros_figure(network.name, layers, told.line)}
        most = SHOWN if layer is None else len(chosen[0].maps)
        for number, one in enumerate(layers, 1):
            if one in chosen:
                figures[f"{number:03}-{one.name}"] = layer_figure(network.name, one, told.line, most)
        return figures

    channels = sum(len(one.maps) for one in layers)
    silent = sum(int(one.silent.sum()) for one in layers)
    return ExplainedPage(
        method="activations",
        title=f"{network.name}: {name}",
        line=f"{told.line}. {len(layers)} layers, {channels:,} channels, {silent:,} silent on this picture.",
        draw=draw,
        arrays={} if layer is None else {chosen[0].name: chosen[0].maps.numpy()},
        values={
            "file": name,
            "class": told.label,
            "score": told.probability,
            "layer": layer,
            "layers": [_told(one) for one in chosen],
        },
    )


def layer_figure(network: str, layer: LayerMaps, told: str, most: int = SHOWN) -> Image.Image:
    """A layer's channels, the strongest first, each scaled to its own range, silent ones crossed out."""
    order = layer.order[:most].tolist()
    strongest = max(float(layer.strength.max()), 1e-30)
    tiles = [
        Tile(
            map_image(layer.maps[channel]),
            (str(channel),),
            bar=float(layer.strength[channel]) / strongest,
            crossed=bool(layer.silent[channel]),
        )
        for channel in order
    ]
    count, height, width = layer.maps.shape
    which = f"the {most} strongest of {count}" if count > most else f"all {count}"
    foot = "Bar: mean strength; each map is scaled to its own range."
    if silent := int(layer.silent.sum()):
        said = f"{silent} of {count} channels are silent on this picture: zero everywhere (crossed out)."
        foot = f"{said} Another picture may wake them. {foot}"
    heading = Heading(
        f"{network}, {layer.name}", f"{told}. {layer.kind.capitalize()}, {which} channels of {height}x{width}"
    )
    return tile_grid(tiles, heading, columns=8, foot=foot)


def zeros_figure(network: str, layers: list[LayerMaps], told: str) -> Image.Image:
    """Share of zero values and of silent channels over the depth, of layers that are never negative."""
    shown = [(number, layer) for number, layer in enumerate(layers, 1) if layer.rectified]
    heading = Heading(f"{network}: zeros over depth", told)
    if not shown:
        tiles = [Tile(Image.new("RGB", (8, 2), EMPTY), ("Every layer has negative values.",))]
        return tile_grid(tiles, heading, columns=1)
    step = -(-len(shown) // 16)
    names = [str(number) if place % step == 0 else "" for place, (number, _) in enumerate(shown)]
    curves = [
        Curve("values that are zero", [layer.zero_share for _, layer in shown]),
        Curve("channels silent on this picture", [float(layer.silent.double().mean()) for _, layer in shown]),
    ]
    first, last = shown[0][1], shown[-1][1]
    foot = f"From {first.name} to {last.name}."
    if len(shown) < len(layers):
        foot += f" {len(layers) - len(shown)} of {len(layers)} layers have negative values and are left out."
    return course_figure(curves, names, [], heading, axis="layer, from the picture to the answer", foot=foot)


def _large(network: str, layer: LayerMaps, channel: int, picture: Picture, told: str) -> Image.Image:
    maps = layer.maps[channel]
    low, high = float(maps.min()), float(maps.max())
    heading = Heading(f"{network}, {layer.name}, channel {channel}", told)
    foot = f"{maps.shape[0]}x{maps.shape[1]} values from {short(low)} (dark) to {short(high)} (yellow)."
    return tile_grid([Tile(map_image(maps)), Tile(picture_image(picture))], heading, columns=2, foot=foot)


def _told(layer: LayerMaps) -> dict[str, object]:
    return {
        "name": layer.name,
        "kind": layer.kind,
        "output": list(layer.maps.shape),
        "zero_share": layer.zero_share,
        "rectified": layer.rectified,
        "silent": torch.nonzero(layer.silent)[:, 0].tolist(),
        "dead": torch.nonzero(layer.silent)[:, 0].tolist(),  # what scripts of before call it
    }
