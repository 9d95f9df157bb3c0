"""Where pictures lie for a network: what its last layer reads, in two dimensions, and who is near whom.

Source: the map is t-SNE, van der Maaten and Hinton, JMLR 2008, as scikit-learn has it; without it, or when
asked for, the two principal components
"""

from typing import Any, Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.data.wording import counted
from striate.errors import StriateError
from striate.models.backbone import head_of
from striate.models.surgery.untouched import frozen
from striate.shapes import Images

Projection = Literal["t-sne", "pca"]
Features = Float[Tensor, "B D"]
Places = Float[Tensor, "B 2"]
COMPONENTS = 50  # t-SNE reads so many principal components, as the paper does (section 4.2: 30)


class Neighbour(NamedTuple):
    """Another picture: its row, and the cosine of the angle between the two feature vectors."""

    row: int
    cosine: float


def features_of(network: nn.Module, images: Images) -> Features:
    """What the layer that makes the outputs reads, one vector a picture; maps are averaged over places.

    Raises:
        StriateError: the network does not say which layer that is.
    """
    head, read = head_of(network), []

    def note(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        read.append(inputs[0])

    handle = head.register_forward_pre_hook(note)
    try:
        with frozen(network), torch.no_grad():
            network(images)
    finally:
        handle.remove()
    features: Tensor = read[-1]
    if features.dim() == 4:
        features = features.mean(dim=(2, 3))
    return features.float().cpu()


def principal_components(features: Features, count: int = 2) -> Float[Tensor, "B P"]:
    """Coordinates along the directions of largest spread, the widest first.

    Each direction points to where its largest weight is positive, so that the signs are always the same.
    """
    centred = features.double() - features.double().mean(dim=0)
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    directions = directions[:count]
    largest = directions.gather(1, directions.abs().argmax(dim=1, keepdim=True))
    places: Tensor = centred @ (directions * largest.sign()).T
    return places.float()


def places_of(
    features: Features, projection: Projection | None = None, seed: int = 0
) -> tuple[Projection, Places]:
    """Two coordinates for every picture, and how they were found.

    Args:
        features: at least 3 pictures.
        projection: None is t-SNE where scikit-learn is installed and there are 10 pictures, else PCA.
        seed: of t-SNE.

    Raises:
        StriateError: too few pictures, or t-SNE without scikit-learn.
    """
    count = len(features)
    if count < 3:
        raise StriateError(f"a map of {counted(count, 'picture')} shows nothing; give 3 or more.")
    if projection == "pca" or (projection is None and (count < 10 or not _has_scikit_learn())):
        places = principal_components(features)
        return "pca", torch.nn.functional.pad(places, (0, 2 - places.shape[1]))
    if not _has_scikit_learn():
        raise StriateError(
            't-SNE is scikit-learn\'s: pip install "striate[embedding]", or take the projection pca.'
        )
    from sklearn.manifold import TSNE

    few = principal_components(features, COMPONENTS).numpy()
    perplexity = min(30.0, (count - 1) / 3)
    found = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(few)
    return "t-sne", torch.from_numpy(found).float()


def nearest(features: Features, query: Float[Tensor, " D"], count: int = 8) -> list[Neighbour]:
    """The pictures whose features point where the query's do, the nearest first."""
    cosines = torch.nn.functional.cosine_similarity(features.double(), query.double()[None], dim=1)
    best = cosines.sort(descending=True, stable=True)
    return [
        Neighbour(row, value)
        for row, value in zip(best.indices[:count].tolist(), best.values[:count].tolist(), strict=True)
    ]


def _has_scikit_learn() -> bool:
    from importlib.util import find_spec

    return find_spec("sklearn") is not None
