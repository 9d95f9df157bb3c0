"""`load`: a run, or a catalogue name with weights, becomes a predictor that answers for pictures."""

from collections.abc import Sequence
from os import PathLike
from typing import Any, overload

from torch import nn

from striate.events import Listener, silent
from striate.files.possible_paths import possible_paths
from striate.inference.engine_named import OWN, Serving, open_served
from striate.inference.ensemble import Ensemble, open_ensemble
from striate.inference.predictor import Predictor
from striate.inference.views import Views
from striate.preprocess.preprocessing import Preprocessing
from striate.runs.default_task import DEFAULT_TASK
from striate.tasks.catalog import find_task


@overload
def load(
    run: str | PathLike[str],
    weights: str | PathLike[str] | None = None,
    device: str = "cpu",
    engine: str = OWN,
    on_event: Listener = silent,
    *,
    flips: bool = False,
    scales: Sequence[float] = (),
) -> Predictor:
    """One run, or a name with weights, is a predictor."""


@overload
def load(
    run: list[Any] | tuple[Any, ...],
    weights: str | PathLike[str] | None = None,
    device: str = "cpu",
    engine: str = OWN,
    on_event: Listener = silent,
    *,
    flips: bool = False,
    scales: Sequence[float] = (),
) -> Ensemble:
    """A list of runs is an ensemble: they answer together."""


@possible_paths
def load(
    run: Any,
    weights: str | PathLike[str] | None = None,
    device: str = "cpu",
    engine: str = OWN,
    on_event: Listener = silent,
    *,
    flips: bool = False,
    scales: Sequence[float] = (),
) -> Any:
    """The predictor of a run, or of a catalogue name together with a file of weights.

    Args:
        run: a Run, the path of one, or a name from `list_models()`; a list of them is an ensemble, which of
            classifiers answers with the mean of their calibrated probabilities.
        weights: with a name: a .safetensors or .pth file whose head is kept as it is.
        device: where it computes.
        engine: torch, openvino, openvino-bf16, openvino-int8 (made of a run and kept in it when it is first
            asked for) or onnxruntime; auto is what the run's end chose, and torch for a catalogue name.
        on_event: is told where another engine than the wanted one has to serve.
        flips: every picture is seen as it is and mirrored; the mean of both scores counts.
        scales: the middle of every picture is seen enlarged so many times as well, above 1 and up to 4.

    Raises:
        StriateError: there is no such run, it holds no network yet, the weights do not fit, the engine is
            not there, or the run knows no mirror images.
    """
    serving = Serving(device, engine, Views.of(flips, scales))
    opened = open_ensemble if isinstance(run, (list, tuple)) else open_served
    return opened(run, weights, serving, on_event)


def Network(  # noqa: N802 - a class before
    name: str,
    module: nn.Module,
    preprocessing: Preprocessing,
    labels: Sequence[str],
    temperature: float = 1.0,
) -> Predictor:
    """A classifier of your own as a predictor; scripts of earlier versions call it by this name.

    Args:
        name: for people.
        module: from (B, C, H, W) to a row of scores.
        preprocessing: how a picture becomes its input.
        labels: the classes in the order of the scores.
        temperature: scores are divided by it before softmax.
    """
    calibration = {"temperature": temperature}
    return Predictor(name, module, find_task(DEFAULT_TASK), preprocessing, tuple(labels), calibration)
