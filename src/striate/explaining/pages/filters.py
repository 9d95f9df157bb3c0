"""`explain --method filters`: first kernels, and what excites channels most: patterns and real patches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from striate.anatomy.anatomy import anatomy_of
from striate.data.wording import counted
from striate.drawing.channel_grid import Tile, map_image, picture_image, tile_grid
from striate.drawing.figure import Heading
from striate.drawing.palette import EMPTY
from striate.errors import StriateError
from striate.events import Listener, Note, Warned, silent
from striate.explaining.options import ExplainOptions
from striate.explaining.pages.page import ExplainedPage, Figures
from striate.explaining.trunk import network_or_trunk
from striate.explanation.channels.channel_response import convolutions_of, require_convolution
from striate.explanation.channels.exciting import Field, Patch, most_exciting
from striate.explanation.channels.filters import Ascent, Excited, excite, first_kernels
from striate.inference.pictures.fitted_pictures import Named, fitted_pictures
from striate.inference.pictures.own_pictures import own_pictures
from striate.inference.pictures.subjects import Subject, subjects
from striate.inference.predictor import Predictor
from striate.reports.words import short
from striate.shapes import Pictures
from striate.tasks.task import Task

LAYERS = 4  # of a whole network, spread over its depth
CHANNELS = 8  # the first ones of a layer, when none is asked for
PATCHES = 4  # of a channel
PATTERN = 128  # pixels of a pattern's side; less where the network reads smaller pictures
STEPS = (
    48  # of ascent: in EfficientNet-Lite0 the answers are 67 to 100 % of those after 128, in 40 % of the time
)
MOST = 1_000  # pictures that are searched for patches; 150 MB at 224 pixels
BATCH = 32


@dataclass(frozen=True, slots=True)
class Shown:
    """One layer's channels: the patterns, and the patches that excite the same channels most."""

    excited: Excited
    patches: dict[int, list[Patch]]


def explain_filters(options: ExplainOptions, on_event: Listener) -> Iterator[ExplainedPage]:
    """One page a network: kernels of the first layer, then a few layers' patterns beside real patches."""
    networks = [network_or_trunk(options)]
    if options.with_runs:
        networks += replace(
            options, weights=None, run=options.with_runs[0], with_runs=options.with_runs[1:]
        ).networks()
    for number, network in enumerate(networks):
        found = (
            _pictures(options, network.task, on_event) if number == 0 or options.images is not None else []
        )
        page = filters_page(
            network,
            list(fitted_pictures(network, found[:MOST], options.limits, on_event)),
            layer=options.layer,
            channel=options.channel,
            plain=options.plain,
            seed=options.seed,
            on_event=on_event,
        )
        yield page.written(
            options.out and options.out / f"{_stem(options, network, number)}-filters",
            overwrite=options.overwrite,
        )


def filters_page(
    network: Predictor,
    pictures: Sequence[Named] = (),
    *,
    layer: str | None = None,
    channel: int | None = None,
    plain: bool = False,
    seed: int = 0,
    on_event: Listener = silent,
) -> ExplainedPage:
    """Kernels, patterns and, from `pictures`, patches of a network.

    Args:
        pictures: names and pictures at the network's size, which are searched for patches.
        layer: a convolution; None is four of them, spread over the depth.
        channel: only this one; None is the first eight.
        plain: the course's ascent from grey.
    """
    convolutions = convolutions_of(network.module)
    if not convolutions:
        raise StriateError(f"{network.name} has no convolution, so it has no filters to show.")
    if channel is not None and layer is None:
        raise StriateError("--channel is one of a layer's; name the layer with --layer.")
    first, kernels = first_kernels(network.module)
    height, width = network.preprocessing.size_hw
    size_hw = (min(PATTERN, height), min(PATTERN, width))
    if _has_one_size(network, size_hw):
        size_hw = (height, width)
    ascent = Ascent(size_hw, steps=40 if plain else STEPS, plain=plain, seed=seed)
    chosen = [layer] if layer is not None else spread(convolutions, LAYERS)
    shown = [_shown(network, name, channel, ascent, pictures, on_event) for name in chosen]

    def draw() -> Figures:
        figures = {} if layer is not None else {"kernels": kernels_figure(network.name, first, kernels)}
        for one in shown:
            name = one.excited.layer if channel is None else f"{one.excited.layer}-{channel}"
            figures[name] = patterns_figure(network.name, one, plain=plain)
        return figures

    return ExplainedPage(
        method="filters",
        title=network.name,
        line=_line(network, shown, plain=plain, searched=len(pictures)),
        draw=draw,
        arrays={one.excited.layer: one.excited.pictures.permute(0, 2, 3, 1).numpy() for one in shown},
        values={"layer": layer, "layers": [_told(one) for one in shown]},
    )


def spread(names: Sequence[str], count: int) -> list[str]:
    """`count` of the names at even distances, the first and the last among them."""
    if len(names) <= count:
        return list(names)
    return [names[round(place * (len(names) - 1) / (count - 1))] for place in range(count)]


def kernels_figure(network: str, layer: str, kernels: torch.Tensor) -> Image.Image:
    """The first layer's kernels as colours, or as maps where they do not read colours; at most 128."""
    tiles = []
    for number, kernel in enumerate(kernels[:128]):
        if len(kernel) == 3:
            low, high = kernel.min(), kernel.max()
            shown = picture_image((255 * (kernel - low) / (high - low).clamp(min=1e-12)).round().byte())
        else:
            shown = map_image(kernel.mean(dim=0))
        tiles.append(Tile(shown, (str(number),)))
    count, _, height, width = kernels.shape
    what = "as colours" if kernels.shape[1] == 3 else "from dark (low) to yellow (high)"
    line = f"Kernels of {height}x{width}, {min(count, 128)} of {count}, each scaled to its own range, {what}"
    return tile_grid(tiles, Heading(f"{network}, {layer}", line), columns=min(12, max(6, len(tiles))))


def patterns_figure(network: str, shown: Shown, *, plain: bool) -> Image.Image:
    """Each channel's pattern, beside it the patches where there are some."""
    excited = shown.excited
    how = "gradient ascent from grey" if plain else "gradient ascent in Fourier coefficients"
    one = excited.layer if len(excited.channels) > 1 else f"{excited.layer}, channel {excited.channels[0]}"
    with_patches = any(shown.patches.values())
    line = f"What excites a channel most: {how}"
    if with_patches:
        line += ", and the patches of pictures that excite it most"
    tiles: list[Tile] = []
    for channel, picture, response in zip(
        excited.channels, excited.pictures, excited.after.tolist(), strict=True
    ):
        tiles.append(Tile(picture_image(picture), (f"channel {channel}", f"answers {short(response)}")))
        for patch in shown.patches.get(channel, []):
            x1, y1, x2, y2 = patch.box
            image = picture_image(patch.picture).crop((x1, y1, x2, y2))
            tiles.append(Tile(_square(image), (Path(patch.name).name, short(patch.value))))
    columns = 1 + PATCHES if with_patches else (1 if len(tiles) == 1 else 4)
    foot = "Mean answer of the channel before its activation function; of a patch, the answer of one cell."
    return tile_grid(tiles, Heading(f"{network}, {one}", line), columns=columns, foot=foot)


def _square(image: Image.Image) -> Image.Image:
    side = max(image.size)
    square = Image.new("RGB", (side, side), EMPTY)
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def _shown(
    network: Predictor,
    layer: str,
    channel: int | None,
    ascent: Ascent,
    fitted: Sequence[Named],
    on_event: Listener,
) -> Shown:
    count = require_convolution(network.module, layer).out_channels
    channels = [channel] if channel is not None else list(range(min(CHANNELS, count)))
    on_event(Note(f"{layer}: {len(channels)} of {count} channels"))
    excited = excite(
        network.module,
        layer,
        channels,
        in_channels=network.preprocessing.channels,
        normalise=network.preprocessing.normalise,
        ascent=ascent,
        on_event=on_event,
    )
    return Shown(excited, _patches(network, layer, channels, fitted))


def _patches(
    network: Predictor, layer: str, channels: list[int], fitted: Sequence[Named]
) -> dict[int, list[Patch]]:
    if not fitted:
        return {}
    size = (network.preprocessing.channels, *network.preprocessing.size_hw)
    found = anatomy_of(network.module, size).by_name.get(layer)
    if found is None or found.receptive_field is None or found.stride is None or found.centre is None:
        return {}

    def batches() -> Iterator[tuple[list[str], Pictures]]:
        for start in range(0, len(fitted), BATCH):
            part = fitted[start : start + BATCH]
            yield [name for name, _ in part], torch.stack([picture for _, picture in part])

    field = Field(found.receptive_field, found.stride, found.centre)
    return most_exciting(
        network.module,
        layer,
        channels,
        batches(),
        field=field,
        normalise=network.preprocessing.normalise,
        top=PATCHES,
    )


def _pictures(options: ExplainOptions, task: Task[Any], on_event: Listener) -> list[Subject]:
    """Those that were named, else those that the run was trained on, else none."""
    if options.images is not None:
        follow = options.follow_links
        return subjects(options.images, options.limits, on_event, task=task, follow_links=follow)
    if isinstance(options.run, Predictor | torch.nn.Module) or not Path(options.run).is_dir():
        return []
    try:
        return own_pictures(Path(options.run), "train", options.limits, on_event)
    except StriateError as error:
        on_event(Warned(f"no patches beside the patterns: {error}"))
        return []


def _has_one_size(network: Predictor, size_hw: tuple[int, int]) -> bool:
    """Whether the network cannot read pictures of another size, as those that flatten their maps cannot."""
    try:
        anatomy_of(network.module, (network.preprocessing.channels, *size_hw))
    except StriateError:
        return True
    return False


def _stem(options: ExplainOptions, network: Predictor, number: int) -> str:
    run = (options.run, *options.with_runs)[number]
    return network.name if isinstance(run, Predictor | torch.nn.Module) else Path(run).name


def _line(network: Predictor, shown: list[Shown], *, plain: bool, searched: int) -> str:
    channels = sum(len(one.excited.channels) for one in shown)
    how = "plain ascent from grey" if plain else "ascent in Fourier coefficients and decorrelated colours"
    patches = f"; patches from {counted(searched, 'picture')}" if searched else ""
    return f"{network.name}: what excites {channels} channels of {len(shown)} layers most, {how}{patches}."


def _told(one: Shown) -> dict[str, Any]:
    return {
        "name": one.excited.layer,
        "channels": list(one.excited.channels),
        "before": one.excited.before.tolist(),
        "after": one.excited.after.tolist(),
        "patches": {
            str(channel): [{"file": p.name, "value": p.value, "box": list(p.box)} for p in patches]
            for channel, patches in one.patches.items()
        },
    }
