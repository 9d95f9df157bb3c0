"""What all data sets of encoded pictures share: reading one of them, safely."""

import hashlib
import os
import unicodedata
from pathlib import Path

from striate.data.dataset import BadPicture, Dataset, Item
from striate.data.decoding.decode import DEFAULT_LIMITS, Decoded, Limits, decode_for, shape_of
from striate.data.paths.files import MAX_BYTES, Found, Reach, reach_of, read_file
from striate.shapes import Picture


class PictureFiles:
    """A data set whose items are picture files: `content` is the file, which `decode` understands.

    `limits` may be set before anything is read.
    """

    path: Path
    layout: str
    classes: tuple[str, ...]
    items: tuple[Item, ...]
    ignored: int
    notes: tuple[str, ...] = ()
    limits: Limits = DEFAULT_LIMITS

    def __init__(self, files: tuple[Found, ...]) -> None:
        self._files = files

    def path_of(self, row: int) -> str:
        """The absolute path of item `row`'s file, which may be missing."""
        return self._files[row].path

    def _problem(self, row: int) -> str | None:
        """Why item `row`'s file may not be opened, where that is known without trying."""
        return self._files[row].problem

    def content(self, row: int) -> bytes:
        """The bytes of item `row`'s file. Raises BadPicture."""
        found = self._files[row]
        if found.problem:
            raise BadPicture(found.problem)
        return read_file(found.path, self.limits.bytes)

    def read(self, row: int) -> tuple[Picture, str | None]:
        """The decoded picture of item `row`, and what is wrong with it. Raises BadPicture."""
        return decode_for(self.content(row), None, self.limits)[:2]

    def status(self, row: int) -> tuple[int, int, int, int, int]:
        """What changes when item `row`'s file does, without opening it; cheap.

        Returns:
            A number for its name, then size, modification and change time in nanoseconds, and inode: zeros
            where the file may not be opened or is not there.
        """
        item, problem = self.items[row].name, self._problem(row)
        named = hashlib.blake2b(f"{item}\0{problem}".encode(errors="replace"), digest_size=7)
        name = int.from_bytes(named.digest(), "big")
        if problem:
            return name, 0, 0, 0, 0
        try:
            status = os.stat(self.path_of(row))  # noqa: PTH116 - paths are plain strings, for speed
        except (OSError, ValueError):
            return name, 0, 0, 0, 0
        return name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino % 2**63


def content_below(folder: Path, name: str, max_bytes: int = MAX_BYTES, reach: Reach | None = None) -> bytes:
    """The bytes of a picture that a table in `folder` names.

    A relative path must stay in the folder, after its links and `..` are resolved, or before if
    `reach` follows links. An absolute one is read as it is: who writes it means that place.

    Raises:
        BadPicture: it leads outside, is no path at all, or cannot be read.
    """
    if "://" in name:
        raise BadPicture("it is a web address; pictures are read from this machine only")
    try:
        path = located(folder, name)
        real = os.path.realpath(path)
        reach = reach or reach_of(folder)
        root = reach.roots[0]
        inside = os.path.commonpath([root, os.path.normpath(os.path.join(root, name))]) == root  # noqa: PTH118
        if not os.path.isabs(name) and not (reach.allows(real) and (inside or not reach.follow)):  # noqa: PTH117
            raise BadPicture(
                "its path leads outside the folder of the table, which is not followed; "
                "write the absolute path if it is meant"
            )
    except ValueError as error:  # a null character
        raise BadPicture("the name is not possible") from error
    return read_file(real, max_bytes)


def located(folder: Path, name: str) -> str:
    """Where a name in a table points.

    As it is written, if that is there; else without the spaces around it, with slashes for backslashes, or in
    the other Unicode form.
    """
    path = os.path.join(folder, name)  # noqa: PTH118 - pathlib would drop what is odd in a stranger's name
    if (name.isascii() and "\\" not in name and name == name.strip()) or os.path.lexists(path):
        return path
    plain = name.strip()
    for written in (plain, plain.replace("\\", "/")):
        for form in (written, *(unicodedata.normalize(form, written) for form in ("NFC", "NFD"))):
            other = os.path.join(folder, form)  # noqa: PTH118
            if os.path.lexists(other):
                return other
    return os.path.join(folder, plain.replace("\\", "/"))  # noqa: PTH118


def set_limits(dataset: Dataset, limits: Limits) -> Dataset:
    """The data set, reading nothing larger; sets of plain pixels have their own limits."""
    if hasattr(dataset, "limits"):
        dataset.limits = limits
    return dataset


def read_for(dataset: Dataset, row: int, size_hw: tuple[int, int] | None) -> Decoded:
    """The picture of item `row` as it is decoded when it will be resized to `size_hw`. Raises BadPicture."""
    if isinstance(dataset, PictureFiles):
        return decode_for(dataset.content(row), size_hw, dataset.limits)
    picture, damage = dataset.read(row)
    return Decoded(picture, damage, (picture.shape[1], picture.shape[2]))


def picture_shape(dataset: Dataset, row: int) -> tuple[int, int, int]:
    """Channels, height and width of item `row`, without decoding a file's pixels. Raises BadPicture."""
    if isinstance(dataset, PictureFiles):
        return shape_of(dataset.content(row), dataset.limits)
    picture, _ = dataset.read(row)
    return picture.shape[0], picture.shape[1], picture.shape[2]
