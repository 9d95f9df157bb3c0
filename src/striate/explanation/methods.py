"""Every method of `striate explain` in one table, which the command line reads without torch."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from striate.errors import UnknownName

Kind = Literal["layer", "pixels", "page"]


@dataclass(frozen=True, slots=True)
class Row:
    """One method.

    Attributes:
        place: `file:function` in `explanation/heat`, which turns a `Question` into a `Heat`; None for a
            `page`, which is more than a map of one picture and is put together above this room.
        kind: whether it reads a layer's maps, the pixels, or draws something of its own.
        about: one line for people.
    """

    place: str | None
    kind: Kind
    about: str


METHODS: dict[str, Row] = {
    "grad-cam": Row("grad_cam:grad_cam", "layer", "maps weighted by the class's mean gradients"),
    "grad-cam++": Row("grad_cam_plus_plus:grad_cam_plus_plus", "layer", "the same for several objects"),
    "layer-cam": Row("layer_cam:layer_cam", "layer", "weighted place by place; for earlier layers too"),
    "score-cam": Row("score_cam:score_cam", "layer", "weighted by what each map's mask scores; slow"),
    "eigen-cam": Row("eigen_cam:eigen_cam", "layer", "what the maps have in common; knows no class"),
    "cam": Row("cam:cam", "layer", "the head's own weights, where it is pooling and one dense layer"),
    "saliency": Row("saliency:saliency", "pixels", "the gradient's size"),
    "smoothgrad": Row("smoothgrad:smoothgrad", "pixels", "its mean over noisy copies"),
    "integrated-gradients": Row(
        "integrated_gradients:integrated_gradients", "pixels", "shares of the score, from black on"
    ),
    "guided-backprop": Row("guided_backprop:guided_backprop", "pixels", "gradients through open rectifiers"),
    "occlusion": Row("occlusion:occlusion", "pixels", "how the score falls under a grey patch; slow"),
    "activations": Row(None, "page", "every layer's channels"),
    "filters": Row(None, "page", "what excites channels most"),
    "deconvnet": Row(None, "page", "channels run back to the pixels"),
    "invariance": Row(None, "page", "answers to changed pictures"),
    "embedding": Row(None, "page", "a map of pictures, and neighbours"),
}
DEFAULT = "grad-cam"
WITHOUT_MAPS = "saliency"  # what takes the default's place in a network without a map


def find_method(name: str) -> Row:
    """The row of a method.

    Raises:
        UnknownName: there is none of this name.
    """
    if name not in METHODS:
        raise UnknownName("method", name, METHODS, f"There are: {', '.join(METHODS)}.")
    return METHODS[name]


def heat_function(row: Row) -> Any:
    """The function behind a row of a heat map."""
    if row.place is None:
        raise ValueError(f"{row} makes pages, not heat")
    file, function = row.place.split(":")
    return getattr(import_module(f"striate.explanation.heat.{file}"), function)
