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
        place: `file:function`. Heat (`layer`, `pixels`) is made in `striate.explanation`: a `Question`
            becomes a `Heat`. A `page` is made in `striate.actions`: an `ExplainOptions` becomes explanations.
        kind: whether it reads a layer's maps, the pixels, or draws something of its own.
        about: one line for people.
    """

    place: str
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
    "activations": Row("explain_activations:explain_activations", "page", "every layer's channels"),
    "filters": Row("explain_filters:explain_filters", "page", "what excites channels most"),
    "deconvnet": Row("explain_deconvnet:explain_deconvnet", "page", "channels run back to the pixels"),
    "invariance": Row("explain_invariance:explain_invariance", "page", "answers to changed pictures"),
    "embedding": Row("explain_embedding:explain_embedding", "page", "a map of pictures, and neighbours"),
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


def function_of(row: Row) -> Any:
    """The function that a row names."""
    file, function = row.place.split(":")
    room = "striate.actions" if row.kind == "page" else "striate.explanation"
    return getattr(import_module(f"{room}.{file}"), function)
