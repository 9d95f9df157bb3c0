"""`explain --method deconvnet`: what a layer's strongest channels answered to, brought back to the pixels."""

from collections.abc import Iterator

from PIL import Image
from torch import nn

from striate.drawing.channel_grid import Tile, picture_image, signed_image, tile_grid
from striate.drawing.figure import Heading
from striate.errors import StriateError
from striate.events import Listener
from striate.explaining.explanation import Explanation
from striate.explaining.options import ExplainOptions
from striate.explaining.pages.page import ExplainedPage
from striate.explaining.pages.pages_of_pictures import Told, pages_of_pictures
from striate.explanation.channels.deconvolution import Projection, project_back
from striate.inference.predictor import Predictor
from striate.reports.words import short
from striate.shapes import Picture

DEEPEST = 5  # as deep as the paper shows; on longer ways back the stripes of the kernels themselves take over


def explain_deconvnet(options: ExplainOptions, on_event: Listener) -> Iterator[ExplainedPage | Explanation]:
    """A page for each picture: nine channels of a layer, the pixels that made them answer, and the patch."""
    if options.images is None:
        raise StriateError("a deconvnet starts from a network's answer to a picture; name one.")
    channels = None if options.channel is None else [options.channel]

    def page(network: Predictor, picture: Picture, name: str) -> ExplainedPage:
        return deconvnet_page(network, picture, name, options.layer, channels)

    return pages_of_pictures(options, on_event, page)


def deconvnet_page(
    network: Predictor,
    picture: Picture,
    name: str,
    layer: str | None = None,
    channels: list[int] | None = None,
) -> ExplainedPage:
    """Channels of one layer as the pixels of a picture (at the network's size) that made them answer.

    Args:
        name: of the picture.
        layer: a convolution, rectifier or pool; None is the last convolution, at most the fifth.
        channels: None is the nine that answer strongest.
    """
    layer = layer or _deepest_convolution(network)
    images = network.preprocessing.normalise(picture[None])
    found = project_back(network.module, images, layer, channels)
    told = Told.of(network, picture, name)
    return ExplainedPage(
        method="deconvnet",
        title=f"{network.name}: {name}",
        line=f"{layer}: {len(found)} channels, run backwards from their strongest answers to {name}.",
        draw=lambda: {layer: _figure(network.name, layer, told.line, picture, found)},
        arrays={f"{layer}-{one.channel}": one.pixels.numpy() for one in found},
        values={
            "file": name,
            "class": told.label,
            "score": told.probability,
            "layer": layer,
            "channels": [
                {"channel": one.channel, "value": one.value, "cell": list(one.cell), "box": list(one.box)}
                for one in found
            ],
        },
    )


def _figure(network: str, layer: str, told: str, picture: Picture, found: list[Projection]) -> Image.Image:
    tiles = []
    for one in found:
        if one.value == 0:
            tiles += [Tile(Image.new("RGB", (8, 8)), (f"channel {one.channel}", "silent"), crossed=True)] * 2
            continue
        tiles.append(
            Tile(signed_image(one.pixels).crop(one.box), (f"channel {one.channel}", "back to pixels"))
        )
        tiles.append(Tile(picture_image(picture).crop(one.box), (f"answers {short(one.value)}", "the patch")))
    line = f"{told}. Deconvnet: what made the strongest channels answer; grey is nothing"
    heading = Heading(f"{network}, {layer}", line)
    return tile_grid(tiles, heading, columns=6 if len(tiles) > 2 else 2)


def _deepest_convolution(network: Predictor) -> str:
    names = [name for name, module in network.module.named_modules() if isinstance(module, nn.Conv2d)]
    if not names:
        raise StriateError(f"{network.name} has no convolution, so there is nothing to run backwards.")
    return str(names[:DEEPEST][-1])
