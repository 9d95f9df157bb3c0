"""`predict`: the answers for picture files, one a file; a bad file is an answer too."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import torch

from striate.actions.load import Answer, Network, load
from striate.data.datasets.folder import is_picture
from striate.data.decoding import Limits, as_picture
from striate.data.files import Found, readable, walk
from striate.errors import StriateError
from striate.shapes import Picture

CHUNK = 64


@dataclass(frozen=True, slots=True)
class Prediction:
    """One file: what the network says of it, or why it could not be read."""

    file: str
    answer: Answer | None
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The object that `predict --json` prints for this file."""
        if self.answer is None:
            return {"file": self.file, "error": self.error}
        return {
            "file": self.file,
            "label": self.answer.label,
            "probability": self.answer.probability,
            "top": [list(pair) for pair in self.answer.top],
        }


def predict(
    run: str | PathLike[str],
    images: Sequence[str | PathLike[str]] | str | PathLike[str],
    *,
    weights: str | PathLike[str] | None = None,
    top: int = 5,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
) -> Iterator[Prediction]:
    """Predictions in the order of the files; a folder stands for the pictures in it.

    Args:
        run: a Run, the path of one, or a catalogue name with `weights`.
        images: files and folders.
        weights: a file, with a catalogue name.
        top: how many classes an answer names.
        max_pixels: larger pictures are unreadable; None is the usual limit.
        max_bytes: larger files are unreadable; None is the usual limit.

    Raises:
        StriateError: there is no such run, or a folder holds no picture.
    """
    limits = Limits.of(max_bytes, max_pixels)
    network = load(run, weights)
    given = [images] if isinstance(images, (str, PathLike)) else images
    files = [file for path in given for file in _expand(Path(path))]
    return _predictions(network, files, top, limits)


def _expand(path: Path) -> list[Found]:
    """The file, or the pictures in the folder, named as they were given and as a terminal can show it."""
    shown = readable(str(path))
    if not path.is_dir():
        return [Found(shown, str(path))]
    root = str(path.resolve())
    found = [
        Found(str(Path(shown, file.name)), file.path, file.problem)
        for listing, _ in walk(root, root)
        for file in listing.files
        if is_picture(file)
    ]
    if not found:
        raise StriateError(f"{shown} holds no pictures; name picture files, or a folder that has some.")
    return found


def _predictions(network: Network, files: list[Found], top: int, limits: Limits) -> Iterator[Prediction]:
    spec = network.preprocessing

    def read(file: Found) -> Picture | str:
        if file.problem is not None:
            return file.problem
        try:
            return spec.fit_picture(as_picture(Path(file.path), spec.size_hw, limits))
        except StriateError as error:
            return str(error).removeprefix(f"{Path(file.path)}: ")

    with ThreadPoolExecutor() as pool:
        for start in range(0, len(files), CHUNK):
            part = files[start : start + CHUNK]
            read_ones = list(pool.map(read, part))
            pictures = [picture for picture in read_ones if not isinstance(picture, str)]
            answers = iter(network.answers(network.scores(torch.stack(pictures)), top) if pictures else [])
            for file, picture in zip(part, read_ones, strict=True):
                if isinstance(picture, str):
                    yield Prediction(file.name, None, picture)
                else:
                    yield Prediction(file.name, next(answers))
