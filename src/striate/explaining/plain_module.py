"""A module that is no run: what `explain` has to know of it to show it pictures."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from striate.errors import StriateError
from striate.events import Listener, Note
from striate.inference.predictor import Predictor
from striate.models.weights.table import IMAGENET_MEAN, IMAGENET_STD
from striate.preprocess.preprocessing import Preprocessing
from striate.runs.default_task import DEFAULT_TASK
from striate.tasks.catalog import find_task

SIDE = 224  # pixels, where nothing is said


def network_of(
    module: nn.Module,
    preprocessing: Preprocessing | None,
    labels: Sequence[str] | None,
    on_event: Listener,
) -> Predictor:
    """The module as a network that is asked about pictures; what is not given is assumed, and told.

    Args:
        module: in float32 and in evaluation mode.
        preprocessing: None is 224x224 pixels, as many channels as the first convolution reads, normalised as
            for ImageNet.
        labels: None is the number of each score.

    Raises:
        StriateError: it cannot read such a picture, or gives no row of scores.
    """
    assumed = preprocessing is None
    if preprocessing is None:
        preprocessing = _assumed(module)
    count = _scores(module, preprocessing, assumed=assumed)
    if labels is not None and len(labels) != max(count, 2):
        raise StriateError(
            f"{len(labels)} labels are given and {type(module).__name__} gives {count} scores; give one a "
            "score (two, where there is a single score)."
        )
    if assumed:
        height, width = preprocessing.size_hw
        on_event(
            Note(
                f"How {type(module).__name__} reads pictures is not known: taken is "
                f"{preprocessing.channels} x {height} x {width}, normalised as for ImageNet. Give "
                "preprocessing=Preprocessing(...) for another way."
            )
        )
    named = tuple(labels) if labels is not None else tuple(map(str, range(max(count, 2))))
    return Predictor(type(module).__name__, module, find_task(DEFAULT_TASK), preprocessing, named)


def _assumed(module: nn.Module) -> Preprocessing:
    first = next((one for one in module.modules() if isinstance(one, nn.Conv2d)), None)
    if first is not None and first.in_channels not in (1, 3):
        raise StriateError(
            f"{type(module).__name__} reads pictures of {first.in_channels} channels; explain shows grey and "
            "RGB ones."
        )
    if first is not None and first.in_channels == 1:
        grey = sum(IMAGENET_MEAN) / 3, sum(IMAGENET_STD) / 3
        return Preprocessing((SIDE, SIDE), 1, (grey[0],), (grey[1],))
    return Preprocessing((SIDE, SIDE), 3, IMAGENET_MEAN, IMAGENET_STD)


def _scores(module: nn.Module, preprocessing: Preprocessing, *, assumed: bool) -> int:
    """How many scores it gives for one picture."""
    own = next(module.parameters(), None)
    device = torch.device("cpu") if own is None else own.device
    size = (preprocessing.channels, *preprocessing.size_hw)
    shown = "x".join(map(str, size))
    with torch.no_grad():
        try:
            scores = module(torch.zeros(1, *size, device=device))
        except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            other = (
                "Give preprocessing=Preprocessing(...) with its own size" if assumed else "Give another size"
            )
            raise StriateError(
                f"{type(module).__name__} cannot read a picture of {shown}: {reason}. {other}."
            ) from error
    if not isinstance(scores, Tensor) or scores.ndim != 2:
        raise StriateError(
            f"{type(module).__name__} does not give one row of scores a picture; explain a classifier."
        )
    return scores.shape[1]
