"""`predict`: the answers for picture files, one a file; a bad file is an answer too.

Reading and decoding run some pictures ahead of the network, in threads; nothing else is kept, so a folder of
millions needs no more memory than one of hundreds.
"""

import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import torch

from striate.data.decoding.decode import Limits
from striate.data.paths.files import Found, read_file
from striate.data.paths.picture_paths import paths_or_problem
from striate.errors import StriateError
from striate.events import Listener, Warned, silent
from striate.inference.ensemble import Ensemble, load_ensemble
from striate.inference.loading import OWN
from striate.machine.hardware import usable_cores
from striate.runs.answers import read_answers
from striate.runs.folder import RunFolder
from striate.shapes import FittedPicture
from striate.tasks.classify.decode import Answer
from striate.tasks.classify.thresholds import class_thresholds

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

    def to_json(self) -> dict[str, Any]:
        """The object that `predict --json` prints for this file."""
        if self.answer is None:
            return {"file": self.file, "error": self.error}
        found = {
            "file": self.file,
            "label": self.answer.label,
            "probability": self.answer.probability,
            "top": [list(pair) for pair in self.answer.top],
        }
        if self.unsure is not None:
            found["unsure"] = self.unsure
        if self.damaged is not None:
            found["damaged"] = self.damaged
        return found


class Predictions(Iterator[Prediction]):
    """The predictions, each as soon as its batch is done.

    Attributes:
        labels: every class that an answer may name.
    """

    def __init__(self, labels: Sequence[str], predictions: Iterator[Prediction]) -> None:
        self.labels = tuple(labels)
        self._predictions = predictions

    def __next__(self) -> Prediction:
        return next(self._predictions)


@dataclass(frozen=True, slots=True)
class _Read:
    """A file with its picture as every member of the ensemble reads it, or the reason why there is none."""

    file: Found
    pictures: tuple[FittedPicture, ...] = ()
    problem: str | None = None
    damage: str | None = None


def predict(
    run: str | PathLike[str],
    images: Sequence[str | PathLike[str]] | str | PathLike[str],
    *,
    weights: str | PathLike[str] | None = None,
    with_runs: Sequence[str | PathLike[str]] = (),
    top: int = 5,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    unsure: float | None = None,
    precision: float | None = None,
    engine: str = OWN,
    flips: bool = False,
    scales: Sequence[float] = (),
    follow_links: bool = False,
    on_event: Listener = silent,
) -> Predictions:
    """Predictions in the order of the files, each as soon as its batch is done.

    Args:
        run: a Run, the path of one, or a catalogue name with `weights`.
        images: files, folders (for the pictures in them), patterns such as `photos/**/*.jpg`, or `-` for one
            picture from standard input.
        weights: a file, with a catalogue name.
        with_runs: other runs that know the same classes; the mean of all probabilities is the answer.
        top: how many classes an answer names.
        unsure: answers below this probability are marked as unsure.
        precision: answers below the probability from which on this share of the answers of their class was
            right on validation are marked as unsure. Not together with `unsure` or `with_runs`.
        engine: as in `load`; auto is what the run's end chose.
        flips: every picture is seen as it is and mirrored; the mean of both scores counts.
        scales: the middle of every picture is seen enlarged so many times as well, above 1 and up to 4.
        follow_links: in folders, links to folders and to files outside are followed.
        max_pixels: larger pictures are unreadable; None is the usual limit.
        max_bytes: larger files are unreadable; None is the usual limit.
        on_event: is told of what was left out.

    Raises:
        StriateError: there is no such run, the only folder or pattern stands for no picture, or
            the options do not go together.
    """
    network = load_ensemble(
        [run, *with_runs], weights, engine=engine, on_event=on_event, flips=flips, scales=scales
    )
    given = [images] if isinstance(images, (str, PathLike)) else list(images)
    if sum(fspath(word) == STDIN for word in given) > 1:
        raise StriateError("`-` is one picture from standard input; name it once.")
    thresholds = _thresholds(network, run, with_runs, unsure, precision)
    files = _files(given, on_event, follow_links=follow_links)
    found = _predictions(network, files, top, thresholds, Limits.of(max_bytes, max_pixels))
    return Predictions(network.labels, found)


def predictions_of(
    network: Ensemble, images: Sequence[str | PathLike[str]], top: int = 5
) -> Iterator[Prediction]:
    """`predict` with networks that are loaded already."""
    files = _files(images, silent)
    return _predictions(network, files, top, None, Limits())


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


def _thresholds(
    network: Ensemble,
    run: str | PathLike[str],
    with_runs: Sequence[str | PathLike[str]],
    unsure: float | None,
    precision: float | None,
) -> Mapping[str, float] | None:
    """For each class the probability below which an answer is unsure; None if nobody asked."""
    for name, value in (("unsure", unsure), ("precision", precision)):
        if value is not None and not 0 < value < 1:
            raise StriateError(f"{name} is a share between 0 and 1, such as 0.9; got {value:g}.")
    if unsure is not None and precision is not None:
        raise StriateError("unsure sets one threshold, precision one a class; give one of the two.")
    if unsure is not None:
        return dict.fromkeys(network.labels, unsure)
    if precision is None:
        return None
    if with_runs or not Path(run).is_dir():
        raise StriateError("precision needs the validation answers of one run; use unsure here.")
    answers = read_answers(RunFolder.open(Path(run)), "validation.csv")
    return class_thresholds(answers, network.labels, precision)


def _predictions(
    network: Ensemble,
    files: Iterator[Found],
    top: int,
    thresholds: Mapping[str, float] | None,
    limits: Limits,
) -> Iterator[Prediction]:
    def read(file: Found) -> _Read:
        if file.problem is not None:
            return _Read(file, problem=file.problem)
        try:
            pictures, damage = network.read(_content(file, limits.bytes), limits)
            return _Read(file, pictures, damage=damage)
        except StriateError as error:
            return _Read(file, problem=str(error))

    part: list[_Read] = []
    for one in _ahead(read, files):
        part.append(one)
        if len(part) == CHUNK:
            yield from _answered(network, part, top, thresholds)
            part = []
    yield from _answered(network, part, top, thresholds)


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
    network: Ensemble, part: list[_Read], top: int, thresholds: Mapping[str, float] | None
) -> Iterator[Prediction]:
    answers = iter(network.answers([one.pictures for one in part if one.problem is None], top))
    for one in part:
        if one.problem is not None:
            yield Prediction(one.file.name, None, one.problem, path=one.file.path)
            continue
        answer = next(answers)
        unsure = None if thresholds is None else answer.probability < thresholds[answer.label]
        yield Prediction(one.file.name, answer, None, one.damage, unsure, one.file.path)
