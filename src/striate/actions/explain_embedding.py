"""`explain --method embedding`: where pictures lie for a network, and which ones are near a picture."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from striate.actions.explain_options import ExplainOptions
from striate.actions.explained_page import ExplainedPage, Figures
from striate.actions.fitted_pictures import Named, fitted_pictures
from striate.actions.load import Network
from striate.actions.own_pictures import own_pictures
from striate.actions.pictures_to_explain import Subject, subjects
from striate.drawing.channel_grid import Tile, picture_image, tile_grid
from striate.drawing.figure import Heading
from striate.drawing.picture_map import class_colours, picture_map
from striate.errors import StriateError
from striate.events import Listener, Note, silent
from striate.explanation.embedding import Features, Projection, features_of, nearest, places_of

MOST = 500  # pictures on the map, drawn evenly
BATCH = 32
QUERIES = 6  # pictures whose neighbours are shown when none is named
NEIGHBOURS = 7
FOOT = "Near is alike to the network; t-SNE keeps neighbours, not distances. They are moved apart to be seen."


def explain_embedding(options: ExplainOptions, on_event: Listener) -> Iterator[ExplainedPage]:
    """One page: the map of a data set, then the nearest neighbours of a few pictures or of `near`."""
    network = options.networks()[0]
    found = _subjects(options, on_event)
    if len(found) > MOST:
        on_event(Note(f"{MOST} of {len(found):,} pictures, evenly drawn"))
        found = [found[place * len(found) // MOST] for place in range(MOST)]
    named = list(fitted_pictures(network, found, options.limits, on_event))
    truths = {subject.name: subject.truth for subject in found}
    near: list[Named] = []
    if options.near is not None:
        wanted = subjects(options.near, options.limits, on_event)
        near = list(fitted_pictures(network, wanted, options.limits, on_event))
    page = embedding_page(
        network, named, [truths[name] for name, _ in named], near=near, seed=options.seed, on_event=on_event
    )
    run = options.run
    stem = network.name if isinstance(run, Network | nn.Module) else Path(run).name
    yield page.written(options.out and options.out / f"{stem}-embedding")


def embedding_page(
    network: Network,
    pictures: Sequence[Named],
    truths: Sequence[str | None],
    *,
    near: Sequence[Named] = (),
    projection: Projection | None = None,
    seed: int = 0,
    on_event: Listener = silent,
) -> ExplainedPage:
    """What the network's last layer reads of some pictures, in two dimensions, and who is near whom.

    Args:
        pictures: names and pictures at the network's size, three or more.
        truths: the class of each, or None.
        near: pictures whose neighbours are shown; without any, one of each class.
        projection: t-sne or pca; None is t-SNE where scikit-learn is installed.
        seed: of t-SNE.
    """
    if len(pictures) < 3:
        raise StriateError(f"a map of {len(pictures)} pictures shows nothing; give 3 or more.")
    features = _features(network, [picture for _, picture in pictures])
    how, places = places_of(features, projection, seed)
    if how == "pca" and projection is None and len(pictures) >= 10:
        on_event(Note('the map is PCA; with scikit-learn (pip install "striate[embedding]") it is t-SNE'))
    names = sorted({truth for truth in truths if truth is not None})
    classes = [None if truth is None else names.index(truth) for truth in truths]
    queries = _queries(classes) if not near else []
    asked: list[tuple[str, torch.Tensor, torch.Tensor, int | None]]
    asked = [(*pictures[row], features[row], row) for row in queries]
    for name, picture in near:
        asked.append((name, picture, _features(network, [picture])[0], None))

    def draw() -> Figures:
        words = "t-SNE" if how == "t-sne" else "the two principal components"
        heading = Heading(
            f"{network.name}: {len(pictures):,} pictures", f"What its last layer reads, by {words}"
        )
        foot = FOOT
        thumbnails = [picture_image(picture) for _, picture in pictures]
        figures = {
            "map": picture_map(thumbnails, places, classes, names, heading, foot if how == "t-sne" else "")
        }
        colours = class_colours(len(names))
        for name, picture, query, row in asked:
            found = [one for one in nearest(features, query, NEIGHBOURS + 1) if one.row != row][:NEIGHBOURS]
            tiles = [Tile(picture_image(picture), (Path(name).name, "asked about"))]
            for one in found:
                label = classes[one.row]
                frame = None if label is None else colours[label]
                caption = (truths[one.row] or Path(pictures[one.row][0]).name, f"cosine {one.cosine:.2f}")
                tiles.append(Tile(picture_image(pictures[one.row][1]), caption, frame=frame))
            figures[f"near {Path(name).stem}"] = _neighbours(network.name, name, tiles)
        return figures

    neighbours = {
        name: [
            {"file": pictures[one.row][0], "cosine": one.cosine}
            for one in nearest(features, query, NEIGHBOURS + 1)
            if one.row != row
        ][:NEIGHBOURS]
        for name, _, query, row in asked
    }
    return ExplainedPage(
        method="embedding",
        title=f"{network.name}: {len(pictures):,} pictures",
        line=f"{len(pictures):,} pictures of {len(names)} classes, {features.shape[1]:,} features, {how}.",
        draw=draw,
        arrays={"features": features.numpy(), "places": places.numpy()},
        values={"projection": how, "pictures": [name for name, _ in pictures], "neighbours": neighbours},
    )


def _neighbours(network: str, name: str, tiles: Sequence[Tile]) -> Image.Image:
    heading = Heading(
        f"{network}: nearest to {Path(name).name}", "The cosine between what the last layer reads"
    )
    return tile_grid(tiles, heading, columns=4)


def _features(network: Network, pictures: Sequence[torch.Tensor]) -> Features:
    parts = []
    for start in range(0, len(pictures), BATCH):
        images = network.preprocessing.normalise(torch.stack(list(pictures[start : start + BATCH])))
        parts.append(features_of(network.module, images))
    return torch.cat(parts)


def _queries(classes: Sequence[int | None]) -> list[int]:
    """The first picture of each of the first classes."""
    firsts: dict[int | None, int] = {}
    for row, label in enumerate(classes):
        firsts.setdefault(label, row)
    return list(firsts.values())[:QUERIES]


def _subjects(options: ExplainOptions, on_event: Listener) -> list[Subject]:
    if options.images is not None:
        return subjects(options.images, options.limits, on_event)
    if isinstance(options.run, Network | nn.Module) or not Path(options.run).is_dir():
        raise StriateError("an embedding is a map of pictures; name a folder or a data set.")
    return own_pictures(Path(options.run), "test", options.limits, on_event)
