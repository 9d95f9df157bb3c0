"""CIFAR-10 and CIFAR-100 as their author packed them: batches of 32 x 32 colour pictures.

    binary   data_batch_1.bin ... test_batch.bin  batches.meta.txt     CIFAR-10: label, 3,072 pixels
             train.bin  test.bin  fine_label_names.txt                 CIFAR-100: coarse, fine label, pixels
    python   data_batch_1 ... test_batch  batches.meta;  train  test  meta    pickles of a dict

Pixels are red, then green, then blue, row by row. Binary batches are mapped, not loaded; those of the python
version are held in memory as they are stored (184 MB for all of a set). Source: A. Krizhevsky, "Learning
Multiple Layers of Features from Tiny Images", 2009, and the data sets' page.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from striate.data.dataset import BadPicture, Part
from striate.data.datasets.arrays.plain_pickle import RefusedPickle, read_plain
from striate.data.datasets.labelled import Row, class_notes, numbered, split_words
from striate.data.paths.files import Listing, natural, read_file
from striate.data.wording import one_line
from striate.errors import StriateError
from striate.shapes import Picture

SIDE = 32
PIXELS = 3 * SIDE * SIDE
LARGEST_BATCH = 1_000_000  # pictures

_TEN = re.compile(r"(data_batch_\d{1,3}|test_batch)(\.bin)?")
_HUNDRED = re.compile(r"(train|test)(\.bin)?")
_TEN_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures of one file: (N, 3072) and their labels, and the part that its name says."""

    part: Part
    pixels: npt.NDArray[np.uint8]
    labels: list[int]


@dataclass(frozen=True, slots=True)
class Version:
    """Which of the four kinds of batches a folder has."""

    hundred: bool
    binary: bool
    files: tuple[str, ...]

    @property
    def title(self) -> str:
        """For people."""
        return f"CIFAR-{100 if self.hundred else 10}, {'binary' if self.binary else 'python'} batches"


class CifarDataset:
    """The `Dataset` of a folder of batches. Items are `train#17`, counted over all batches of a part."""

    def __init__(
        self, path: Path, version: Version, batches: list[Batch], names: list[str], ignored: int
    ) -> None:
        self.path = path
        self._batches = batches
        counts: dict[Part, int] = {"train": 0, "validation": 0, "test": 0}
        rows = []
        self._places: list[tuple[int, int]] = []
        for number, batch in enumerate(batches):
            for at, label in enumerate(batch.labels):
                rows.append(Row(f"{batch.part}#{counts[batch.part]}", names[label], batch.part))
                self._places.append((number, at))
                counts[batch.part] += 1
        self.classes, self.items = numbered(rows)
        self.layout = f"{version.title}, {split_words(batch.part for batch in batches)}"
        self.ignored = ignored
        self.notes = tuple(class_notes(self.classes, self.items, names))

    def content(self, row: int) -> bytes:
        """The pixels of item `row`: red, green, blue."""
        return self._pixels(row).tobytes()

    def read(self, row: int) -> tuple[Picture, str | None]:
        """The picture of item `row`, (3, 32, 32); never damaged."""
        return torch.from_numpy(np.array(self._pixels(row)).reshape(3, SIDE, SIDE)), None

    def _pixels(self, row: int) -> npt.NDArray[np.uint8]:
        if not 0 <= row < len(self._places):
            raise BadPicture(f"there is no item {row}; there are {len(self._places)}")
        number, at = self._places[row]
        pixels: npt.NDArray[np.uint8] = self._batches[number].pixels[at]
        return pixels


def cifar_version(top: Listing) -> Version | None:
    """What the files of a folder are called like, None if not like CIFAR's."""
    names = {found.name for found in top.files if found.problem is None}
    ten = [name for name in names if _TEN.fullmatch(name)]
    if ten:
        binary = any(name.endswith(".bin") for name in ten)
        return _version(ten, hundred=False, binary=binary)
    hundred = [name for name in names if _HUNDRED.fullmatch(name)]
    for meta, binary in (("fine_label_names.txt", True), ("meta", False)):
        if hundred and meta in names:
            return _version(hundred, hundred=True, binary=binary)
    return None


def _version(names: list[str], *, hundred: bool, binary: bool) -> Version:
    chosen = [name for name in names if name.endswith(".bin") == binary]
    order = sorted(chosen, key=lambda name: (name.startswith("test"), natural(name)))
    return Version(hundred, binary, tuple(order))


def open_cifar(path: Path, top: Listing, version: Version) -> CifarDataset:
    """The batches in a folder, with the names of their classes.

    Raises:
        StriateError: a file is damaged, cut short, or a pickle with more than plain values in it.
    """
    read = _read_binary if version.binary else _read_python
    batches = [read(path / name, version) for name in version.files]
    names = _names(path, version)
    for batch, file in zip(batches, version.files, strict=True):
        wrong = next((label for label in batch.labels if not 0 <= label < len(names)), None)
        if wrong is not None:
            raise StriateError(
                f"{path / file} has the label {wrong}; {version.title} has {len(names)} classes. "
                "Fetch it again."
            )
    beside = {found.name for found in top.files} - {*version.files, *_META.values(), "coarse_label_names.txt"}
    others = len(beside) + len(top.folders) + top.hidden
    return CifarDataset(path, version, batches, names, others)


def _read_binary(file: Path, version: Version) -> Batch:
    head = 2 if version.hundred else 1
    try:
        size = file.stat().st_size
        count, rest = divmod(size, head + PIXELS)
        if rest or not 0 < count <= LARGEST_BATCH:
            raise StriateError(
                f"{file} has {size:,} bytes, which is no whole number of pictures of {head + PIXELS:,} bytes "
                f"(from 1 to {LARGEST_BATCH:,}). It is cut short or something else: fetch it again."
            )
        records = np.memmap(file, dtype=np.uint8, mode="r", shape=(count, head + PIXELS))
    except OSError as error:
        raise StriateError(f"{file} cannot be read: {error.strerror}.") from error
    return Batch(_part(file.name), records[:, head:], records[:, head - 1].tolist())


def _read_python(file: Path, version: Version) -> Batch:
    stored = _read_pickle(file)
    pixels, labels = stored.get("data"), stored.get("fine_labels" if version.hundred else "labels")
    if not isinstance(pixels, np.ndarray) or pixels.ndim != 2 or pixels.shape[1] != PIXELS:
        raise StriateError(f"{file} holds no 'data' of (N, {PIXELS}) bytes. Fetch it again.")
    if not isinstance(labels, list) or len(labels) != len(pixels) or not all(type(v) is int for v in labels):
        raise StriateError(
            f"{file} does not hold a label for each of its {len(pixels):,} pictures. Fetch it again."
        )
    return Batch(_part(file.name), pixels, labels)


def _read_pickle(file: Path) -> dict[str, Any]:
    try:
        stored = read_plain(read_file(file, max_bytes=LARGEST_BATCH * 400))
    except BadPicture as error:
        raise StriateError(f"{file} cannot be read: {error}.") from error
    except RefusedPickle as error:
        raise StriateError(
            f"{file} is not read: {error}. CIFAR's own files hold numbers, words and pixels only. "
            "Fetch it again."
        ) from error
    if not isinstance(stored, dict):
        raise StriateError(f"{file} holds a {type(stored).__name__}, CIFAR's files a dict. Fetch it again.")
    return {_text(key): value for key, value in stored.items()}


def _names(path: Path, version: Version) -> list[str]:
    """The class names of the file beside the batches; CIFAR-10's are known without it."""
    file = path / _META[version.hundred, version.binary]
    if not file.exists() and not version.hundred:
        return list(_TEN_NAMES)
    if version.binary:
        try:
            lines = read_file(file, max_bytes=1_000_000).decode("utf-8", "replace").splitlines()
        except BadPicture as error:
            raise StriateError(f"{file} cannot be read: {error}.") from error
        names: Any = [line.strip() for line in lines if line.strip()]
    else:
        names = _read_pickle(file).get("fine_label_names" if version.hundred else "label_names")
        names = [_text(name) for name in names] if isinstance(names, list) else []
    if not 1 < len(names) <= 256 or len(set(names)) < len(names):
        raise StriateError(f"{file} names {len(names)} classes or one of them twice. Fetch it again.")
    return [one_line(name)[:500] for name in names]


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _part(name: str) -> Part:
    return "test" if name.startswith("test") else "train"


_META = {
    (False, True): "batches.meta.txt",
    (False, False): "batches.meta",
    (True, True): "fine_label_names.txt",
    (True, False): "meta",
}
