"""`predict --copy-to`: copies of the pictures in a folder a class. Nothing is moved or overwritten."""

import contextlib
import os
import shutil
import stat
from collections import Counter
from collections.abc import Iterable
from os import PathLike
from pathlib import Path, PurePath
from typing import BinaryIO

from striate.data.paths.picture_paths import starting_folder
from striate.data.wording import counted
from striate.data.writers.safe_names import class_folders, renamed_folders, safe_name
from striate.errors import StriateError, WorkFailed
from striate.files.output_place import refuse_inside
from striate.inference.pictures.streaming import STDIN, Prediction
from striate.tasks.answers import Labelled

UNSURE = "unsure"
PIECE = 2**20  # bytes that are compared at a time


class SortedCopies:
    """Copies answered pictures to `out/<class>/`, unsure ones to `out/unsure/`, and counts them.

    Attributes:
        folders: the folder of each class; see `name_folders`.
        copied: pictures by folder name.
        left: files that were not copied, because they have no answer or no file.
        same: pictures that were not copied, because the same content has the name already.
        renamed: copies that got a number, because their name was taken.
    """

    def __init__(self, out: str | PathLike[str], sources: Iterable[str | PathLike[str]]) -> None:
        """Refuse a place whose copies would be found as pictures again.

        Args:
            out: a folder, made when the first copy needs it.
            sources: what `predict` reads: files, folders and patterns.

        Raises:
            StriateError: `out` lies in a folder that is read, or is a file.
        """
        self.out = Path(out)
        if self.out.exists() and not self.out.is_dir():
            raise StriateError(f"{self.out} is a file; name a folder for the copies.")
        read = [folder for source in sources if (folder := starting_folder(source)) is not None]
        refuse_inside(self.out, read, "the copies", "--copy-to")
        self.folders: dict[str, str] = {}
        self.copied: Counter[str] = Counter()
        self.left = 0
        self.renamed = 0
        self.same = 0
        self._taken: dict[Path, dict[int, list[Path]]] = {}  # by wanted name: files of this name, by size
        self._answered: dict[str, None] = {}  # classes that got a copy, in order

    def name_folders(self, labels: Iterable[str]) -> None:
        """Give every class its folder, before the first copy.

        Raises:
            StriateError: something other than a folder has such a name; a link could lead anywhere.
        """
        self.folders = class_folders(labels, reserved=[UNSURE])
        for name in (UNSURE, *self.folders.values()):
            folder = self.out / name
            if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
                what = "a link, which may lead elsewhere" if folder.is_symlink() else "no folder"
                raise StriateError(
                    f"{folder} is {what}, so no copies are put there. Remove it, or choose another --copy-to."
                )

    def add(self, prediction: Prediction) -> Path | None:
        """Copy one picture, with its times, and return where it is; None if there is nothing to copy.

        A picture whose name and content are there already is not copied again: that file is returned.

        Raises:
            WorkFailed: the disk is full, or the folder cannot be written.
        """
        answer = prediction.answer
        if not isinstance(answer, Labelled) or prediction.path in ("", STDIN):
            self.left += 1
            return None
        folder = self.out / (UNSURE if prediction.unsure else self.folders[answer.label])
        try:
            source = Path(prediction.path).open("rb")  # noqa: SIM115 - its error is not that of the target
        except OSError:  # gone since it was read
            self.left += 1
            return None
        with source:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                target, new = self._copy(source, folder, safe_name(PurePath(prediction.path).name))
            except OSError as error:
                raise WorkFailed(
                    f"{prediction.file} could not be copied to {folder}: {error.strerror or error}. What was "
                    "copied before stays there."
                ) from error
        self.copied[folder.name] += new
        self.same += not new
        if not prediction.unsure:
            self._answered[answer.label] = None
        return target

    @property
    def told(self) -> str:
        """What was done, in one sentence."""
        parts = ", ".join(f"{count:,} {name}" for name, count in sorted(self.copied.items()) if count)
        total = sum(self.copied.values())
        said = f"copied {counted(total, 'picture')} to {self.out}"
        said += f": {parts}" if parts else ""
        if self.same:
            said += f"; {counted(self.same, 'picture')} there already, not copied again"
        if self.renamed:
            said += f"; {self.renamed:,} got a number, because another picture has their name"
        for changed in renamed_folders({label: self.folders[label] for label in self._answered}):
            said += f"; {changed}"
        if self.left:
            said += f"; {self.left:,} not copied, because they have no answer or no file"
        return said

    def _copy(self, source: BinaryIO, folder: Path, name: str) -> tuple[Path, bool]:
        """Copy to the first free name: `a.png`, `a-2.png`, `a-3.png`...; or find the same content there."""
        wanted, status = folder / name, os.fstat(source.fileno())
        taken = self._taken.setdefault(wanted, {})
        for there in taken.get(status.st_size, []):
            if _same_content(source, there):
                return there, False
        number = 1 + sum(map(len, taken.values()))
        while True:
            target = wanted if number == 1 else folder / f"{wanted.stem}-{number}{wanted.suffix}"
            try:
                file = target.open("xb")
                break
            except FileExistsError:
                number += 1
                size = _size_of_file(target)
                taken.setdefault(size, []).append(target)
                if size == status.st_size and _same_content(source, target):
                    return target, False
        self.renamed += number > 1
        try:
            with file:
                shutil.copyfileobj(source, file)
            os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        except BaseException:
            with contextlib.suppress(OSError):
                target.unlink()
            raise
        taken.setdefault(status.st_size, []).append(target)
        return target, True


def _size_of_file(path: Path) -> int:
    """Bytes of what is there; -1 for a link, a folder, a pipe or what cannot be looked at."""
    try:
        found = path.lstat()
    except OSError:
        return -1
    return found.st_size if stat.S_ISREG(found.st_mode) else -1


def _same_content(source: BinaryIO, there: Path) -> bool:
    """Whether a file has the bytes of an open one, which is at its start before and afterwards."""
    try:
        with there.open("rb") as other:
            while True:
                first, second = source.read(PIECE), other.read(PIECE)
                if first != second:
                    return False
                if not first:
                    return True
    except OSError:
        return False
    finally:
        source.seek(0)
