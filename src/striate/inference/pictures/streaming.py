"""The answers for picture files, one a file; a bad file is an answer too.

Reading and decoding run some pictures ahead of the network, in threads; nothing else is kept, so a folder of
millions needs no more memory than one of hundreds.
"""

import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

import torch

from striate.data.decoding.decode import DEFAULT_LIMITS, Limits, reading_for
from striate.data.paths.files import Found, read_file
from striate.data.paths.picture_paths import paths_or_problem
from striate.errors import StriateError
from striate.events import Listener, Warned, silent
from striate.inference.ensemble import Ensemble
from striate.inference.predictor import Fitted
from striate.machine.cpu import usable_cores
from striate.tasks.answers import Answer

CHUNK = 16  # pictures that the network sees at a time; it starts when the first ones are read
AHEAD = 8 * CHUNK  # pictures that are read before they are needed
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Prediction:
    """One file: what the network says of it, or why it could not be read.

    Attributes:
        file: as it was given, or its place in the folder that was; `-` for standard input.
        answer: None where no picture could be had.
        error: then the reason.
        damaged: what is wrong with a picture that has an answer all the same.
        unsure: whether the answer is too improbable to be believed; None if that was not asked.
        path: where the file lies, for the operating system.
    """

    file: str
    answer: Answer | None
    error: str | None = None
    damaged: str | None = None
    unsure: bool | None = None
    path: str = ""

    def to_dict(self) -> dict[str, Any]:
        """`to_json`, by the name that every answer has."""
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """The object that `predict --json` prints for this file."""
        if self.answer is None:
            return {"file": self.file, "error": self.error}
        found = {"file": self.file, **self.answer.to_json()}
        if self.unsure is not None:
            found["unsure"] = self.unsure
        if self.damaged is not None:
            found["damaged"] = self.damaged
        return found


class Predictions(Iterator[Prediction]):
    """The predictions, each as soon as its batch is done.

    Attributes:
        task: what the network answers.
        labels: every class that an answer may name.
        columns: of the answers in a table.
        limits: within which the first network reads pictures.
        thresholds: for each class the probability below which an answer is unsure; None if nobody asked.
    """

    def __init__(
        self,
        ensemble: Ensemble,
        predictions: Iterator[Prediction],
        limits: Limits,
        thresholds: Mapping[str, float] | None = None,
    ) -> None:
        self.thresholds = thresholds
        self._context = ensemble.context
        self.task = ensemble.task
        self.labels = ensemble.labels
        self.columns = ensemble.task.columns(ensemble.context)
        self.limits = reading_for(limits, ensemble.context.preprocessing.white)
        self._predictions = predictions

    def __next__(self) -> Prediction:
        return next(self._predictions)

    def shares(self, answer: Answer) -> dict[str, float]:
        """The probability of every class; empty for answers that do not hold them."""
        return self.task.shares(answer, self._context)


@dataclass(frozen=True, slots=True)
class _Read:
    """A file with its picture as every member of the ensemble reads it, or the reason why there is none."""

    file: Found
    pictures: tuple[Fitted, ...] = ()
    problem: str | None = None
    damage: str | None = None


def predictions_of(
    ensemble: Ensemble,
    images: Sequence[str | PathLike[str]],
    top: int = 5,
    *,
    thresholds: Mapping[str, float] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    follow_links: bool = False,
    on_event: Listener = silent,
) -> Predictions:
    """Predictions in the order of the files, each as soon as its batch is done.

    Args:
        ensemble: one predictor or several that answer together.
        images: files, folders (for the pictures in them), patterns such as `photos/**/*.jpg`, or `-` for one
            picture from standard input.
        top: how many classes an answer names.
        thresholds: for each class the probability below which an answer is marked as unsure.
        limits: larger files and pictures are unreadable.
        follow_links: in folders, links to folders and to files outside are followed.
        on_event: is told of what was left out.

    Raises:
        StriateError: the only folder or pattern stands for no picture.
    """
    if sum(fspath(word) == STDIN for word in images) > 1:
        raise StriateError("`-` is one picture from standard input; name it once.")
    files = _files(images, on_event, follow_links=follow_links)
    found = _predictions(ensemble, files, top, thresholds, limits)
    return Predictions(ensemble, found, limits, thresholds)


def _files(
    words: Sequence[str | PathLike[str]], on_event: Listener, *, follow_links: bool = False
) -> Iterator[Found]:
    """The files of all words; of several, one that stands for none is a file that could not be read."""

    def tell(text: str) -> None:
        on_event(Warned(text))

    for word in words:
        if fspath(word) == STDIN:
            yield Found(STDIN, STDIN)
        else:
            yield from paths_or_problem(word, tell, alone=len(words) == 1, follow_links=follow_links)


def _predictions(
    ensemble: Ensemble,
    files: Iterator[Found],
    top: int,
    thresholds: Mapping[str, float] | None,
    limits: Limits,
) -> Iterator[Prediction]:
    def read(file: Found) -> _Read:
        if file.problem is not None:
            return _Read(file, problem=file.problem)
        try:
            pictures, damage = ensemble.read(_content(file, limits.bytes), limits)
            return _Read(file, pictures, damage=damage)
        except StriateError as error:
            return _Read(file, problem=str(error))

    part: list[_Read] = []
    for one in _ahead(read, files):
        part.append(one)
        if len(part) == CHUNK:
            yield from _answered(ensemble, part, top, thresholds)
            part = []
    yield from _answered(ensemble, part, top, thresholds)


def _content(file: Found, most: int) -> bytes:
    # One byte more than is allowed, so that decoding refuses it with its reason.
    return sys.stdin.buffer.read(most + 1) if file.path == STDIN else read_file(file.path, most)


def _ahead(read: Any, files: Iterator[Found]) -> Iterator[_Read]:
    """What `read` makes of each file, in order, up to `AHEAD` of them read before they are asked for."""
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(usable_cores(), initializer=torch.set_num_threads, initargs=(1,))
    waiting: deque[Future[_Read]] = deque()
    try:
        for file in files:
            waiting.append(pool.submit(read, file))
            if len(waiting) >= AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # a thread's own setting becomes that of threads started later


def _answered(
    ensemble: Ensemble, part: list[_Read], top: int, thresholds: Mapping[str, float] | None
) -> Iterator[Prediction]:
    answers = iter(ensemble.answers([one.pictures for one in part if one.problem is None], top))
    for one in part:
        if one.problem is not None:
            yield Prediction(one.file.name, None, one.problem, path=one.file.path)
            continue
        answer = next(answers)
        unsure = None
        labelled = ensemble.task.labelled(answer)
        if thresholds is not None and labelled is not None:
            unsure = labelled.probability < thresholds[labelled.label]
        yield Prediction(one.file.name, answer, None, one.damage, unsure, one.file.path)
