"""`explain --method invariance`: how answers move when pictures are changed, for several networks at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import nn

from striate.data.wording import probability
from striate.drawing.channel_grid import Tile, picture_image, tile_grid
from striate.drawing.course_figure import Curve, course_figure
from striate.drawing.figure import Heading
from striate.drawing.palette import RULE
from striate.errors import StriateError
from striate.events import Listener, Note, Progress, silent
from striate.explaining.options import ExplainOptions
from striate.explaining.pages.page import ExplainedPage, Figures
from striate.explanation.equivariance import Moved, equivariance
from striate.explanation.invariance import CHANGES, Answer, Change, Course, changed, course_of, odd_inputs
from striate.inference.pictures.fitted_pictures import fitted_pictures, short_name
from striate.inference.pictures.own_pictures import own_pictures
from striate.inference.pictures.subjects import Subject, subjects
from striate.inference.predictor import Predictor
from striate.shapes import Labels, Pictures, Shares
from striate.tasks.task import Task

MOST = 200  # pictures of a set, drawn evenly: each is asked about 63 times


@dataclass(frozen=True, slots=True)
class Asked:
    """One network with the pictures at its size.

    Attributes:
        name: of the run, or the network's.
        network: in evaluation mode.
        pictures: 8 bit.
        labels: the true classes; None where one is not known.
    """

    name: str
    network: Predictor
    pictures: Pictures
    labels: Labels | None = None

    @property
    def title(self) -> str:
        """The run with its network."""
        return self.name if self.name == self.network.name else f"{self.name} ({self.network.name})"

    @property
    def answer(self) -> Answer:
        """Calibrated probabilities of pictures."""

        def shares(pictures: Pictures) -> Shares:
            return probabilities_of(self.network, pictures)

        return shares


def explain_invariance(options: ExplainOptions, on_event: Listener) -> Iterator[ExplainedPage]:
    """One page: a curve for each change, then odd inputs, then how maps follow a shift."""
    runs, networks = (options.run, *options.with_runs), options.networks()
    found = _subjects(options, networks[0].task, on_event)
    asked = []
    for run, network in zip(runs, networks, strict=True):
        named = list(fitted_pictures(network, found, options.limits, on_event))
        if not named:
            raise StriateError("none of the pictures can be read, so there is nothing to change.")
        truths = {subject.name: subject.truth for subject in found}
        labels = [truths[name] for name, _ in named]
        known = all(label in network.labels for label in labels)
        indices = torch.tensor([network.labels.index(str(label)) for label in labels]) if known else None
        name = network.name if isinstance(run, Predictor) else Path(run).name
        asked.append(Asked(name, network, torch.stack([picture for _, picture in named]), indices))
    what = short_name(found[0].name) if len(found) == 1 else f"{len(found):,} pictures"
    page = invariance_page(asked, what, options.seed, on_event)
    stem = Path(found[0].name).stem if len(found) == 1 else asked[0].name
    yield page.written(options.out and options.out / f"{stem}-invariance", overwrite=options.overwrite)


def invariance_page(
    asked: Sequence[Asked], what: str, seed: int = 0, on_event: Listener = silent
) -> ExplainedPage:
    """Change the pictures in seven ways, and ask every network again.

    For one picture a curve is the probability of the class that the network gives to the picture as it is;
    for several it is the accuracy, or without truth the share of answers that stay.

    Args:
        asked: the networks, each with the same pictures at its own size.
        what: names the pictures in titles.
    """
    courses: dict[str, list[Course]] = {}
    for number, (name, change) in enumerate(CHANGES.items(), 1):
        courses[name] = [course_of(one.answer, one.pictures, change, one.labels, seed) for one in asked]
        on_event(Progress("changing", number, len(CHANGES), "changes"))
    first = asked[0]
    odd = odd_inputs(first.pictures[0], seed)
    answers = [
        one.network.answers(
            one.network.outputs(torch.stack(list(odd_inputs(one.pictures[0], seed).values())))
        )
        for one in asked
    ]
    moved = [equivariance(one.network.module, _images(one)) for one in asked]

    def draw() -> Figures:
        figures = {name: _course(asked, found, CHANGES[name], what, seed) for name, found in courses.items()}
        tiles = [
            Tile(picture_image(picture), (name, *(_said(given[number]) for given in answers)), frame=RULE)
            for number, (name, picture) in enumerate(odd.items())
        ]
        source = what if len(first.pictures) == 1 else f"the first of {what}"
        heading = Heading(f"Odd inputs from {source}", ", ".join(one.title for one in asked))
        figures["odd inputs"] = tile_grid(tiles, heading, columns=4)
        for one, steps in zip(asked, moved, strict=True):
            figures[f"equivariance {one.name}"] = _equivariance(one.title, steps)
        return figures

    return ExplainedPage(
        method="invariance",
        title=f"{', '.join(one.name for one in asked)}: {what}",
        line=f"{what}, changed in {len(CHANGES)} ways; {_first(first)}",
        draw=draw,
        values={
            "runs": [
                {
                    "run": one.name,
                    "changes": {name: _told(found[place]) for name, found in courses.items()},
                    "odd_inputs": {
                        name: [given.label, given.probability]
                        for name, given in zip(odd, answers[place], strict=True)
                    },
                    "equivariance": [_moved(step) for step in moved[place]],
                }
                for place, one in enumerate(asked)
            ]
        },
    )


def _course(
    asked: Sequence[Asked], found: Sequence[Course], change: Change, what: str, seed: int
) -> Image.Image:
    alone = len(asked[0].pictures) == 1
    truth = all(course.right is not None for course in found)
    curves, lines = [], []
    for one, course in zip(asked, found, strict=True):
        if alone:
            curves.append(Curve(one.title, course.own, [share == 1 for share in course.same]))
            lines.append(f"{one.name}: {_first(one)}")
        else:
            values = course.right if truth and course.right is not None else course.same
            curves.append(Curve(one.title, values))
    line = "Accuracy" if truth else "Share of answers that stay as they were"
    if alone:
        line = "Probability of the answer to the unchanged picture. " + "; ".join(lines)
    elif len(asked) == 1:
        curves.append(Curve("mean confidence", found[0].confidence))
    pictures = [
        picture_image(changed(asked[0].pictures[:1], change, amount, seed)[0]) for amount in change.amounts
    ]
    amounts = ["as is" if amount == change.neutral else f"{amount:g}" for amount in change.amounts]
    name = f"{change.name[0].upper()}{change.name[1:]}"
    foot = "Hollow: the answer is another class." if alone else ""
    return course_figure(
        curves, amounts, pictures, Heading(f"{name}: {what}", line), axis=change.unit, foot=foot
    )


def _equivariance(name: str, steps: Sequence[Moved]) -> Image.Image:
    whole = [step for step in steps if step.cells == 1]
    number = -(-len(whole) // 16)
    labels = [str(place + 1) if place % number == 0 else "" for place in range(len(whole))]
    curves = [
        Curve("maps moved by one cell", [max(0.0, step.followed) for step in whole]),
        Curve("maps not moved", [max(0.0, step.unmoved) for step in whole]),
    ]
    line = "The first picture moves right by a layer's stride: correlation of its new maps with the old ones"
    foot = f"From {whole[0].name} to {whole[-1].name}." if whole else "No layer is wide enough."
    return course_figure(
        curves, labels or ["-"], [], Heading(f"{name}: do maps move with the picture?", line),
        axis="layer, from the picture to the answer", foot=foot,
    )  # fmt: skip


def _subjects(options: ExplainOptions, task: Task[Any], on_event: Listener) -> list[Subject]:
    if options.images is not None:
        follow = options.follow_links
        found = subjects(options.images, options.limits, on_event, task=task, follow_links=follow)
    elif isinstance(options.run, Predictor | nn.Module) or not Path(options.run).is_dir():
        raise StriateError("invariance changes pictures; name a picture, a folder or a data set.")
    else:
        found = own_pictures(Path(options.run), "test", options.limits, on_event)
    if len(found) > MOST:
        on_event(Note(f"{MOST} of {len(found):,} pictures, evenly drawn: each is asked about many times"))
        found = [found[place * len(found) // MOST] for place in range(MOST)]
    return found


def probabilities_of(network: Predictor, pictures: Pictures) -> Shares:
    """The calibrated probability of every class. Raises StriateError where the task has none."""
    found = network.task.probabilities(network.outputs(pictures), network.context)
    if found is None:
        raise StriateError(
            f"invariance follows the probabilities of classes, and answers of {network.task.name} have none; "
            "choose another --method."
        )
    return found


def _images(one: Asked) -> torch.Tensor:
    return one.network.preprocessing.normalise(one.pictures[:1])


def _said(given: Any) -> str:
    return f"{probability(given.probability)} {given.label}"  # a long name is cut, the number stays


def _first(one: Asked) -> str:
    given = one.network.answers(one.network.outputs(one.pictures[:1]), top=1)[0]
    if len(one.pictures) > 1 and one.labels is not None:
        right = (probabilities_of(one.network, one.pictures).argmax(dim=1) == one.labels).double().mean()
        return f"{one.name} is right for {100 * float(right):.1f} % of them as they are."
    return f"{given.label} {probability(given.probability)}"


def _told(course: Course) -> dict[str, Any]:
    right = None if course.right is None else list(course.right)
    return {
        "amounts": list(course.amounts),
        "accuracy": right,
        "same_answer": list(course.same),
        "confidence": list(course.confidence),
        "probability_of_first_answer": list(course.own),
    }


def _moved(step: Moved) -> dict[str, Any]:
    return {
        "layer": step.name,
        "shift": step.shift,
        "cells": step.cells,
        "followed": step.followed,
        "unmoved": step.unmoved,
    }
