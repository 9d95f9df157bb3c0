"""Writes any data set as class folders: `<class>/*`, or `<part>/<class>/*` where its author made parts.

A picture that is encoded already keeps its bytes; raw pixels (IDX, CIFAR, sheets) become PNG.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from striate.data.dataset import BadPicture, Dataset, Problem, class_of
from striate.data.datasets.picture_files import PictureFiles
from striate.data.datasets.tables.encoded import EncodedDataset
from striate.data.decoding.headers import SUFFIXES, foreign, sniff
from striate.data.writers.safe_names import SingleNames, class_folders
from striate.errors import StriateError, WorkFailed
from striate.events import Listener, Progress, silent
from striate.files.leftovers import temporary
from striate.files.output_place import require_new_folder


@dataclass(frozen=True, slots=True)
class Written:
    """What an export wrote.

    Attributes:
        files: paths of the pictures, in the order of the items.
        skipped: items that no picture file could be made of.
        renamed: classes whose folders are called otherwise, with their folders.
    """

    files: tuple[Path, ...]
    skipped: tuple[Problem, ...]
    renamed: tuple[tuple[str, str], ...]


def write_class_folders(dataset: Dataset, out: Path, on_event: Listener = silent) -> Written:
    """Export a data set as class folders; they appear at `out` when all is written.

    Args:
        out: must not exist, or be an empty folder, and must not be inside the data set.
        on_event: receives `Progress`.

    Raises:
        StriateError: `out` is taken, or inside the data set.
        WorkFailed: the disk is full or the folder cannot be written; nothing is left behind.
    """
    require_new_folder(out, [dataset.path], "every picture", "--out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with temporary(out, folder=True) as place:
            place.chmod(0o755)
            written = _Export(dataset, place, out).run(on_event)
            if not written.files:
                raise StriateError(f"no picture of {dataset.path} could be written; see `striate check`.")
            place.replace(out)
            return written
    except OSError as error:
        raise WorkFailed(
            f"{out} could not be written: {error.strerror or error}. Free some space or choose another "
            "--out; nothing was left behind."
        ) from error


class _Export:
    """The names of one export, given as it goes along."""

    def __init__(self, dataset: Dataset, place: Path, out: Path) -> None:
        self.dataset, self.place, self.out = dataset, place, out
        self.folders = class_folders(dataset.classes)
        self.names: dict[str, SingleNames] = {}
        self.split = any(item.part is not None for item in dataset.items)

    def run(self, on_event: Listener) -> Written:
        """Write every item that has a label and a picture."""
        files: list[Path] = []
        skipped: list[Problem] = []
        for row, item in enumerate(self.dataset.items):
            try:
                files.append(self._one(row))
            except BadPicture as error:
                skipped.append(Problem(item.name, str(error)))
            if row % 64 == 0 or row + 1 == len(self.dataset.items):
                on_event(Progress("writing", row + 1, len(self.dataset.items)))
        renamed = tuple((label, folder) for label, folder in self.folders.items() if label != folder)
        return Written(tuple(files), tuple(skipped), renamed)

    def _one(self, row: int) -> Path:
        item, label = self.dataset.items[row], class_of(self.dataset, row)
        if label is None:
            raise BadPicture("it has no label")
        content, suffixes = _encoded(self.dataset, row)
        folder = self.folders[label]
        if self.split:  # as the split does: an item of no part trains
            folder = f"{item.part or 'train'}/{folder}"
        names = self.names.setdefault(folder, SingleNames())
        if not names.has_any:
            (self.place / folder).mkdir(parents=True, exist_ok=True)
        name = names.single(_file_name(item.name, suffixes))
        with (self.place / folder / name).open("xb") as file:
            file.write(content)
        return self.out / folder / name


def _encoded(dataset: Dataset, row: int) -> tuple[bytes, Sequence[str]]:
    """The bytes of an item's file and the extensions that fit them, the usual one first."""
    if not isinstance(dataset, PictureFiles | EncodedDataset):
        picture, _ = dataset.read(row)
        png = io.BytesIO()
        pixels = picture[0] if picture.shape[0] == 1 else picture.permute(1, 2, 0)
        Image.fromarray(pixels.contiguous().numpy()).save(png, "PNG")
        return png.getvalue(), SUFFIXES["PNG"]
    content = dataset.content(row)
    kind = sniff(content[:32])
    if kind is None:
        raise BadPicture(foreign(content))
    return content, SUFFIXES[kind]


def _file_name(name: str, suffixes: Sequence[str]) -> str:
    """The last part of an item's name, with an extension that fits; `train#17` becomes `train-00017.png`."""
    last = PurePosixPath(name.replace("\\", "/")).name or "picture"
    stem, mark, number = last.rpartition("#")
    if mark and number.isdecimal() and PurePosixPath(stem).suffix.lower() not in suffixes:
        return f"{stem.rsplit('.', 1)[0]}-{int(number):05}{suffixes[0]}"
    if PurePosixPath(last).suffix.lower() in suffixes:
        return last
    return f"{last}{suffixes[0]}"
