"""`explain --method embedding`: where pictures lie for a network, and which ones are near a picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from striate.data.wording import counted
from striate.drawing.channel_grid import Tile, picture_image, tile_grid
from striate.drawing.figure import Heading
from striate.drawing.picture_map import class_colours, picture_map
from striate.errors import StriateError
from striate.events import Listener, Note, silent
from striate.explaining.options import ExplainOptions
from striate.explaining.pages.page import ExplainedPage, Figures
from striate.explanation.embedding import (
    Features,
    Neighbour,
    Places,
    Projection,
    features_of,
    nearest,
    places_of,
)
from striate.inference.pictures.fitted_pictures import Named, fitted_pictures, short_name
from striate.inference.pictures.own_pictures import own_pictures
from striate.inference.pictures.subjects import Subject, subjects
from striate.inference.predictor import Predictor
from striate.shapes import Picture
from striate.tasks.task import Task

MOST = 500  # pictures on the map, drawn evenly
BATCH = 32
QUERIES = 6  # pictures whose neighbours are shown when none is named
NEIGHBOURS = 7
FOOT = "Near is alike to the network; t-SNE keeps neighbours, not distances. They are moved apart to be seen."


def explain_embedding(options: ExplainOptions, on_event: Listener) -> Iterator[ExplainedPage]:
    """One page: the map of a data set, then the nearest neighbours of a few pictures or of `near`."""
    network = options.networks()[0]
    task, follow = network.task, options.follow_links
    found = _subjects(options, task, on_event)
    if len(found) > MOST:
        on_event(Note(f"{MOST} of {len(found):,} pictures, evenly drawn"))
        found = [found[place * len(found) // MOST] for place in range(MOST)]
    named = list(fitted_pictures(network, found, options.limits, on_event))
    classes = {subject.name: subject.truth for subject in found}
    near: list[Named] = []
    if options.near is not None:
        wanted = subjects(options.near, options.limits, on_event, task=task, follow_links=follow)
        near = list(fitted_pictures(network, wanted, options.limits, on_event))
    page = embedding_page(
        network, named, [classes[name] for name, _ in named], near=near, seed=options.seed, on_event=on_event
    )
    run = options.run
    stem = network.name if isinstance(run, Predictor) else Path(run).name
    yield page.written(options.out and options.out / f"{stem}-embedding", overwrite=options.overwrite)


def embedding_page(
    network: Predictor,
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
        raise StriateError(f"a map of {counted(len(pictures), 'picture')} shows nothing; give 3 or more.")
    features = _features(network, [picture for _, picture in pictures])
    how, places = places_of(features, projection, seed)
    if how == "pca" and projection is None and len(pictures) >= 10:
        on_event(Note('the map is PCA; with scikit-learn (pip install "striate[embedding]") it is t-SNE'))
    shown = _Shown(network.name, pictures, truths)
    asked = [(*pictures[row], features[row], row) for row in _queries(shown.labels)] if not near else []
    asked += [(name, picture, _features(network, [picture])[0], -1) for name, picture in near]
    near_by = {name: (picture, _others(features, query, row)) for name, picture, query, row in asked}

    def draw() -> Figures:
        figures = {"map": shown.map(places, how)}
        for name, (picture, neighbours) in near_by.items():
            place = Path(short_name(name)).with_suffix("")  # with its folder: each class may have a 001.png
            figures[f"near {place}"] = shown.neighbours(short_name(name), picture, neighbours)
        return figures

    told = {
        name: [{"file": pictures[one.row][0], "cosine": one.cosine} for one in neighbours]
        for name, (_, neighbours) in near_by.items()
    }
    classes = f"{counted(len(shown.classes), 'class', 'classes')}, " if shown.classes else ""
    return ExplainedPage(
        method="embedding",
        title=f"{network.name}: {len(pictures):,} pictures",
        line=f"{len(pictures):,} pictures, {classes}{features.shape[1]:,} features, {how}.",
        draw=draw,
        arrays={"features": features.numpy(), "places": places.numpy()},
        values={"projection": how, "pictures": [name for name, _ in pictures], "neighbours": told},
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """The pictures of a page and their classes, as figures."""

    network: str
    pictures: Sequence[Named]
    truths: Sequence[str | None]

    @property
    def classes(self) -> list[str]:
        return sorted({truth for truth in self.truths if truth is not None})

    @property
    def labels(self) -> list[int | None]:
        places = {name: place for place, name in enumerate(self.classes)}
        return [None if truth is None else places[truth] for truth in self.truths]

    def map(self, places: Places, how: Projection) -> Image.Image:
        words = "t-SNE" if how == "t-sne" else "the two principal components"
        title = f"{self.network}: {len(self.pictures):,} pictures"
        return picture_map(
            [picture_image(picture) for _, picture in self.pictures],
            places,
            self.labels,
            self.classes,
            Heading(title, f"What its last layer reads, by {words}"),
            FOOT if how == "t-sne" else "",
        )

    def neighbours(self, name: str, picture: Picture, found: Sequence[Neighbour]) -> Image.Image:
        labels, colours = self.labels, class_colours(len(self.classes))
        tiles = [Tile(picture_image(picture), (Path(name).name, "asked about"))]
        for one in found:
            other, pixels = self.pictures[one.row]
            label = labels[one.row]
            caption = (self.truths[one.row] or Path(other).name, f"cosine {one.cosine:.2f}")
            tiles.append(
                Tile(picture_image(pixels), caption, frame=None if label is None else colours[label])
            )
        title = f"{self.network}: nearest to {name}"
        return tile_grid(tiles, Heading(title, "The cosine between what the last layer reads"), columns=4)


def _others(features: Features, query: torch.Tensor, own: int) -> list[Neighbour]:
    """The nearest pictures without the one that is asked about."""
    return [one for one in nearest(features, query, NEIGHBOURS + 1) if one.row != own][:NEIGHBOURS]


def _features(network: Predictor, pictures: Sequence[torch.Tensor]) -> Features:
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


def _subjects(options: ExplainOptions, task: Task[Any], on_event: Listener) -> list[Subject]:
    if options.images is not None:
        follow = options.follow_links
        return subjects(options.images, options.limits, on_event, task=task, follow_links=follow)
    if isinstance(options.run, Predictor) or not Path(options.run).is_dir():
        raise StriateError("an embedding is a map of pictures; name a folder or a data set.")
    return own_pictures(Path(options.run), "test", options.limits, on_event)
