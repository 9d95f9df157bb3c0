"""A page for each picture: the way from what was asked to what is written, for methods that draw pages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from striate.data.wording import probability
from striate.data.writers.safe_names import SingleNames
from striate.errors import StriateError
from striate.events import Listener
from striate.explaining.explanation import Explanation
from striate.explaining.options import ExplainOptions
from striate.explaining.pages.page import ExplainedPage
from striate.explaining.trunk import network_or_trunk
from striate.inference.pictures.fitted_pictures import short_name
from striate.inference.pictures.subjects import subjects
from striate.inference.predictor import Predictor
from striate.shapes import Picture
from striate.tasks.answers import Labelled


@dataclass(frozen=True, slots=True)
class Told:
    """What a network says to a picture: a class, None where it knows none, and the same in words."""

    label: str | None
    probability: float | None
    line: str

    @classmethod
    def of(cls, network: Predictor, picture: Picture, name: str) -> "Told":
        """The most probable class of a picture at the network's size."""
        if not network.labels:
            return cls(None, None, name)
        (found,) = network.answers(network.outputs(picture[None]), top=1)
        if not isinstance(found, Labelled):
            return cls(None, None, name)
        return cls(found.label, found.probability, f"{name}: {found.label} {probability(found.probability)}")


PageOf = Callable[
    [Predictor, Picture, str], ExplainedPage
]  # of a picture at the network's size, and its name


def pages_of_pictures(
    options: ExplainOptions, on_event: Listener, page_of: PageOf
) -> Iterator[ExplainedPage | Explanation]:
    """What `page_of` makes of each picture, in a folder of its own; one that cannot be read has an error."""
    network, names = network_or_trunk(options), SingleNames()
    task, follow = network.task, options.follow_links
    for subject in subjects(options.images, options.limits, on_event, task=task, follow_links=follow):
        try:
            picture = network.preprocessing.fit_picture(
                subject.read(options.limits, network.preprocessing.size_hw).picture
            )
        except StriateError as error:
            yield Explanation(subject.name, error=str(error))
            continue
        page = page_of(network, picture, short_name(subject.name))
        folder = names.single(f"{Path(subject.name).stem}-{page.method}")
        yield page.written(options.out and options.out / folder, overwrite=options.overwrite)
