"""Pictures at a network's size, one by one, the unreadable ones named and left out."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from torch import Tensor

from striate.data.decoding.decode import Limits
from striate.errors import StriateError
from striate.events import Listener, Progress, Warned
from striate.inference.pictures.subjects import Subject
from striate.inference.predictor import Predictor

Named = tuple[str, Tensor]  # a picture's name and its pixels (C, H, W) at the network's size


def fitted_pictures(
    predictor: Predictor, pictures: Sequence[Subject], limits: Limits, on_event: Listener
) -> Iterator[Named]:
    """Names and pictures at the network's size; one that cannot be read is named and left out."""
    for number, subject in enumerate(pictures, 1):
        try:
            yield (
                subject.name,
                predictor.preprocessing.fit_picture(
                    subject.read(limits, predictor.preprocessing.size_hw).picture
                ),
            )
        except StriateError as error:
            on_event(Warned(f"skipped {subject.name}: {error}"))
        on_event(Progress("reading", number, len(pictures)))


def short_name(name: str) -> str:
    """A picture's name for a title: without the folders of an absolute path."""
    return Path(name).name if Path(name).is_absolute() else name
